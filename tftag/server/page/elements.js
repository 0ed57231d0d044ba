// Elements are made here, and text is only ever inserted as text: a tag or a
// file may be named anything.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Makes an element.
 * @param {string} name such as "button".
 * @param {object} attributes a function is a listener, false leaves one out.
 * @param {...(Node|string)} children strings become text.
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  // Elsewhere than in a form it is that anyway.
  if (name === "button") element.type = "button";
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null) {
      element.setAttribute(key, value);
    }
  }
  element.append(...children);
  return element;
}

/** An icon of those that stand at the end of index.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Another icon and another name for a button. */
export function setIcon(button, name, label) {
  button.querySelector("use").setAttribute("href", `#icon-${name}`);
  button.setAttribute("aria-label", label);
  button.title = label;
}

/** 1 recording, 2,000 recordings */
export const counted = (number, noun) =>
  `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

export const byId = (id) => document.getElementById(id);

/** 83 % */
export const percent = (share) => `${Math.round(100 * share)}\u00a0%`;

/** 3:07, or 1:02:07 */
export function clock(seconds) {
  const whole = Math.floor(Math.max(seconds, 0) || 0);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60)];
  const two = (number) => String(number % 60).padStart(2, "0");
  const head = hours ? `${hours}:${two(minutes)}` : String(minutes);
  return `${head}:${two(whole)}`;
}

/** 100 MB */
export const megabytes = (bytes) =>
  `${Math.max(1, Math.round(bytes / 2 ** 20))}\u00a0MB`;

/** Tells a screen reader, without a word on the page. */
export function say(text) {
  byId("said").textContent = text;
}

let fading;

/** Shows a line at the lower edge for some seconds, or until it is closed. */
export function notify(text) {
  const close = make(
    "button",
    { class: "round", "aria-label": "Close", click: () => hide() },
    icon("close"),
  );
  const line = make("p", { class: "notice" }, make("span", {}, text), close);
  const hide = () => line.remove();
  byId("notices").replaceChildren(line);
  clearTimeout(fading);
  fading = setTimeout(hide, 12_000);
}

/** What went wrong, and a button to try again where that may help. */
export function trouble(error, again) {
  const block = make("div", { class: "trouble", role: "alert" });
  block.append(make("p", {}, error.message));
  if (error.detail) block.append(make("p", { class: "detail" }, error.detail));
  if (again && error.mayPass) {
    const press = () => {
      // The button goes: who pressed it by a key stays where it was.
      block.parentElement.tabIndex = -1;
      block.parentElement.focus({ preventScroll: true });
      again();
    };
    block.append(make("button", { click: press }, "Try again"));
  }
  return block;
}
