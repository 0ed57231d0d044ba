// What everything that is drawn has in common.

/** Makes a canvas as fine as the screen; returns its context and size. */
export function prepare(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return { context, width, height };
}

/** The colours of the theme, as CSS writes them. */
export function theme(...names) {
  const style = getComputedStyle(document.documentElement);
  return names.map((name) => style.getPropertyValue(name).trim());
}

/** Calls a function when the page turns light or dark. */
export function onThemeChange(draw) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", draw);
}
