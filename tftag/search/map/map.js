"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const count = data.x.length;
const byId = (id) => document.getElementById(id);
const canvas = byId("map"), plane = byId("plane"), player = byId("player");
const context = canvas.getContext("2d");
const MOST_LISTED = 200, NEAR_PIXELS = 18, MARGIN = 24;
const texts = data.name.map((name, at) =>
  [name, data.title[at], data.artist[at], data.said[at]].join("\n").toLowerCase());
let shown = new Uint8Array(count).fill(1);
let chosenTag = -1, current = -1, view = { scale: 1, x: 0, y: 0 }, waiting = false;

function colours() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(name).trim();
  return { tags: data.tags.map((_, at) => named(`--c${at}`)), none: named("--none"), ink: named("--ink"), paper: named("--paper") };
}

function side() { return Math.min(plane.clientWidth, plane.clientHeight) - 2 * MARGIN; }
function screenX(at) { return plane.clientWidth / 2 + view.x + (data.x[at] / data.grid - 0.5) * side() * view.scale; }
function screenY(at) { return plane.clientHeight / 2 + view.y - (data.y[at] / data.grid - 0.5) * side() * view.scale; }

function draw() {
  waiting = false;
  const ratio = window.devicePixelRatio || 1, use = colours();
  canvas.width = plane.clientWidth * ratio;
  canvas.height = plane.clientHeight * ratio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const radius = Math.min(6, Math.max(1.4, 90 / Math.sqrt(count)) * Math.sqrt(view.scale));
  for (const pass of [0, 1]) {
    for (let at = 0; at < count; at++) {
      if (shown[at] !== pass) continue;
      const x = screenX(at), y = screenY(at);
      if (x < -9 || y < -9 || x > plane.clientWidth + 9 || y > plane.clientHeight + 9) continue;
      context.globalAlpha = pass ? 0.85 : 0.12;
      context.fillStyle = data.colour[at] < 0 ? use.none : use.tags[data.colour[at]];
      context.beginPath();
      context.arc(x, y, radius, 0, 7);
      context.fill();
    }
  }
  context.globalAlpha = 1;
  if (current >= 0) {
    context.beginPath();
    context.arc(screenX(current), screenY(current), radius + 5, 0, 7);
    context.lineWidth = 5; context.strokeStyle = use.paper; context.stroke();
    context.lineWidth = 2.5; context.strokeStyle = use.ink; context.stroke();
  }
}
function redraw() { if (!waiting) { waiting = true; requestAnimationFrame(draw); } }

function label(at) {
  const said = [data.artist[at], data.title[at]].filter(Boolean).join(": ");
  return said || data.name[at];
}
function element(kind, text, name) {
  const made = document.createElement(kind);
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

function choose(at, plays) {
  current = at;
  byId("now").replaceChildren(element("strong", label(at)), element("span", data.name[at], "note"), document.createElement("br"), element("span", data.said[at], "note"));
  player.src = data.roots[data.root[at]] + data.address[at];
  if (plays) player.play().catch(() => byId("now").append(element("p", "It does not play: is the file still there, and this page opened from a file?", "note")));
  for (const one of byId("list").querySelectorAll("button")) one.setAttribute("aria-current", String(Number(one.dataset.at) === at));
  const x = screenX(at), y = screenY(at);
  if (x < 0 || y < 0 || x > plane.clientWidth || y > plane.clientHeight) {
    view.x += plane.clientWidth / 2 - x;
    view.y += plane.clientHeight / 2 - y;
  }
  redraw();
}

function search() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter((word) => word && word !== "-");
  const wanted = words.filter((word) => word[0] !== "-");
  const unwanted = words.filter((word) => word[0] === "-").map((word) => word.slice(1));
  const found = [];
  let total = 0;
  for (let at = 0; at < count; at++) {
    const fits = (chosenTag < 0 || (data.held[at] >> chosenTag) & 1) &&
      wanted.every((word) => texts[at].includes(word)) && !unwanted.some((word) => texts[at].includes(word));
    shown[at] = fits ? 1 : 0;
    if (fits && ++total <= MOST_LISTED) found.push(at);
  }
  const counted = `${total.toLocaleString("en")} recording${total === 1 ? "" : "s"}`;
  byId("found").textContent = total > MOST_LISTED ? `${counted}, the first ${MOST_LISTED} listed` : counted;
  byId("list").replaceChildren(...found.map((at) => {
    const row = document.createElement("li"), button = element("button", label(at));
    button.dataset.at = at;
    button.setAttribute("aria-current", String(at === current));
    button.addEventListener("click", () => choose(at, true));
    row.append(button);
    return row;
  }));
  redraw();
}

function nearest(x, y, within, fits) {
  let best = -1, least = within * within;
  for (let at = 0; at < count; at++) {
    if (!shown[at] || !fits(at)) continue;
    const apart = (screenX(at) - x) ** 2 + (screenY(at) - y) ** 2;
    if (apart < least) { least = apart; best = at; }
  }
  return best;
}
function step(dx, dy) {
  const begins = current < 0;
  const x = begins ? plane.clientWidth / 2 : screenX(current), y = begins ? plane.clientHeight / 2 : screenY(current);
  const next = nearest(x, y, Infinity, (at) => {
    if (begins) return true;
    const along = (screenX(at) - x) * dx + (screenY(at) - y) * dy;
    const across = Math.abs((screenX(at) - x) * dy) + Math.abs((screenY(at) - y) * dx);
    return at !== current && along > 0.01 && along >= across;
  });
  if (next >= 0) choose(next, false);
}
function zoom(by, x, y) {
  const scale = Math.min(200, Math.max(0.5, view.scale * by)), change = scale / view.scale;
  const fromX = x - plane.clientWidth / 2, fromY = y - plane.clientHeight / 2;
  view = { scale, x: fromX - (fromX - view.x) * change, y: fromY - (fromY - view.y) * change };
  redraw();
}

const down = new Map();
let moved = 0;
canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); down.set(event.pointerId, event); moved = 0; });
canvas.addEventListener("pointermove", (event) => {
  const before = down.get(event.pointerId);
  if (!before) return;
  const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
  moved += Math.abs(dx) + Math.abs(dy);
  if (down.size === 2) {
    const [other] = [...down.entries()].filter(([id]) => id !== event.pointerId).map(([, one]) => one);
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const box = canvas.getBoundingClientRect();
    zoom(apart(event) / Math.max(1, apart(before)), other.clientX - box.left, other.clientY - box.top);
  } else { view.x += dx; view.y += dy; redraw(); }
  down.set(event.pointerId, event);
});
canvas.addEventListener("pointerup", (event) => {
  down.delete(event.pointerId);
  if (moved > 6) return;
  const at = nearest(event.offsetX, event.offsetY, NEAR_PIXELS, () => true);
  if (at >= 0) choose(at, true);
});
canvas.addEventListener("pointercancel", (event) => down.delete(event.pointerId));
canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY); }, { passive: false });
canvas.addEventListener("keydown", (event) => {
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  if (ways[event.key]) step(...ways[event.key]);
  else if (event.key === "Enter" && current >= 0) choose(current, true);
  else if (event.key === " ") player.paused ? player.play().catch(() => {}) : player.pause();
  else if (event.key === "+" || event.key === "=") zoom(1.4, plane.clientWidth / 2, plane.clientHeight / 2);
  else if (event.key === "-") zoom(1 / 1.4, plane.clientWidth / 2, plane.clientHeight / 2);
  else if (event.key === "0") { view = { scale: 1, x: 0, y: 0 }; redraw(); }
  else return;
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== byId("search")) { event.preventDefault(); byId("search").focus(); }
  if (event.key === "Escape") { byId("search").value = ""; search(); canvas.focus(); }
});
byId("search").addEventListener("input", search);
data.tags.forEach((tag, at) => {
  const button = document.createElement("button"), dot = element("span", "", "dot");
  dot.style.background = `var(--c${at})`;
  button.append(dot, tag);
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    chosenTag = chosenTag === at ? -1 : at;
    [...byId("keys").children].forEach((one, place) => one.setAttribute("aria-pressed", String(place === chosenTag)));
    search();
  });
  byId("keys").append(button);
});
addEventListener("resize", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
search();
