// The map: every recording a point, near means alike.

import * as api from "../api.js";
import { onThemeChange, prepare, theme } from "../canvas.js";
import { byId, counted, make, say, trouble } from "../elements.js";
import { speaker } from "../speaker.js";
import { mapGestures } from "./map_gestures.js";
import { Plane } from "./plane.js";
import { placeNames } from "./place_names.js";
import { nameOf, row } from "./rows.js";

const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class LibraryMap {
  #canvas = byId("points");
  #search = byId("map-query");
  #title = "Map";
  #columns = null;
  #plane = null;
  #names = [];
  #found = new Set();
  #matching = [];
  #chosen = -1;
  #near = -1;
  #waiting = 0;

  /** @param {function(): object} actions of the line of a chosen point. */
  constructor(actions) {
    this.actions = actions;
    this.#search.addEventListener("input", () => this.#match());
    this.#search.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.#matching.length) this.#nextMatch();
    });
    this.#canvas.addEventListener("keydown", (event) => this.#key(event));
    this.#canvas.addEventListener("focus", () => {
      // A click chooses by itself, or nothing.
      const isByKey = this.#canvas.matches(":focus-visible");
      if (isByKey && this.#chosen < 0) this.#choose(this.#next());
    });
    // Asked for when it comes near: it is the longest answer of all.
    const seen = new IntersectionObserver(
      ([{ isIntersecting }]) => {
        if (!isIntersecting) return;
        seen.disconnect();
        this.#load();
      },
      { rootMargin: "300px" },
    );
    seen.observe(this.#canvas);
  }

  /** Marks what a search has found. */
  mark(ids) {
    this.#found = new Set(ids);
    this.#later();
  }

  async #load() {
    const message = byId("map-trouble");
    message.replaceChildren(make("span", { class: "pulse" }, "Drawing\u2026"));
    try {
      this.#columns = await api.map();
    } catch (error) {
      message.replaceChildren(trouble(error, () => this.#load()));
      return;
    }
    message.replaceChildren();
    const { x, y, tag, id, recordings } = this.#columns;
    this.#plane = new Plane(x, y);
    const kept = id.length < recordings ? `${id.length} of ` : "";
    this.#canvas.setAttribute(
      "aria-label",
      `Map of the library, ${kept}${counted(recordings, "recording")}`,
    );
    this.#title = kept ? `Map (${kept}${recordings})` : "Map";
    byId("map-title").textContent = this.#title;
    this.#canvas.tabIndex = 0;
    this.#search.disabled = false;
    this.#names = placeNames(x, y, tag);
    mapGestures(this.#canvas, this.#plane, {
      moved: () => this.#later(),
      chosen: (n) => this.#choose(n),
      near: (n) => {
        if (n !== this.#near) this.#later();
        this.#near = n;
      },
    });
    const zoom = (factor) => {
      this.#plane.zoomBy(factor);
      this.#later();
    };
    byId("closer").addEventListener("click", () => zoom(1.6));
    byId("farther").addEventListener("click", () => zoom(1 / 1.6));
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
    onThemeChange(() => this.#draw());
  }

  #recording(n) {
    const { id, path, title, artist, tag } = this.#columns;
    return {
      id: id[n],
      path: path[n],
      title: title[n],
      artist: artist[n],
      tags: tag[n] ? [{ tag: tag[n] }] : [],
    };
  }

  /** The point in a direction from the chosen one, or that in the middle. */
  #next(direction) {
    const { width, height } = this.#plane;
    return this.#chosen < 0
      ? this.#plane.nearest(width / 2, height / 2, Infinity)
      : this.#plane.next(this.#chosen, direction);
  }

  #choose(n) {
    if (n < 0) return;
    this.#chosen = n;
    const recording = this.#recording(n);
    // The keys are still what describes the map.
    const keys = byId("map-keys");
    keys.hidden = true;
    byId("chosen").replaceChildren(
      keys,
      row(recording, this.actions(), "div"),
    );
    const by = recording.artist ? ` by ${recording.artist}` : "";
    say(nameOf(recording) + by);
    this.#plane.reveal(n);
    this.#later();
  }

  #key(event) {
    if (!this.#plane || event.ctrlKey || event.metaKey || event.altKey) return;
    const zoom = { "+": 1.4, "=": 1.4, "-": 1 / 1.4, 0: 0 }[event.key];
    if (event.key in ARROWS) {
      this.#choose(this.#next(ARROWS[event.key]));
    } else if (zoom !== undefined) {
      const at = this.#chosen < 0 ? [] : this.#plane.place(this.#chosen);
      this.#plane.zoomBy(zoom, ...at);
      this.#later();
    } else if (event.key === "Enter" || event.key === " ") {
      if (this.#chosen < 0) return;
      const id = this.#columns.id[this.#chosen];
      speaker.toggle(id, api.audioAddress(id));
    } else return;
    event.preventDefault();
  }

  #match() {
    const text = this.#search.value.trim().toLowerCase();
    const { id, path, title, artist, tag } = this.#columns;
    this.#matching = [];
    if (text) {
      id.forEach((_, n) => {
        const all = [title[n], artist[n], path[n], tag[n]].join("\n");
        if (all.toLowerCase().includes(text)) this.#matching.push(n);
      });
      const count = this.#matching.length;
      byId("map-title").textContent = `Map: ${count} found`;
      say(`${count} found on the map. Enter goes through them.`);
    } else byId("map-title").textContent = this.#title;
    this.#later();
  }

  #nextMatch() {
    const place = this.#matching.indexOf(this.#chosen) + 1;
    this.#choose(this.#matching[place % this.#matching.length]);
  }

  #later() {
    cancelAnimationFrame(this.#waiting);
    this.#waiting = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    if (!this.#plane) return;
    const { context, width, height } = prepare(this.#canvas);
    this.#plane.resize(width, height);
    const [ink, muted, accent, card, font] = theme(
      ...["--ink", "--muted", "--accent", "--card", "--font"],
    );
    const { id } = this.#columns;
    const size = Math.max(1, Math.min(3, 90 / Math.sqrt(id.length)));
    const matching = new Set(this.#matching);
    const isMarked = (n) => matching.has(n) || this.#found.has(id[n]);
    const marked = [];
    const dot = (n, radius) => {
      const [px, py] = this.#plane.place(n);
      context.beginPath();
      context.arc(px, py, radius, 0, 2 * Math.PI);
      context.fill();
    };
    const larger = size * Math.min(2, this.#plane.zoom ** 0.4);
    context.fillStyle = muted;
    context.globalAlpha = 0.5;
    id.forEach((_, n) => (isMarked(n) ? marked.push(n) : dot(n, larger)));
    context.globalAlpha = 1;
    context.fillStyle = accent;
    for (const n of marked) dot(n, larger + 1.5);
    const text = (words, px, py, colour, weight) => {
      context.font = `${weight} 12px ${font}`;
      context.textAlign = "center";
      context.lineWidth = 4;
      context.lineJoin = "round";
      context.strokeStyle = card;
      context.fillStyle = colour;
      const half = context.measureText(words).width / 2 + 4;
      const inside = Math.max(half, Math.min(width - half, px));
      context.strokeText(words, inside, py);
      context.fillText(words, inside, py);
    };
    for (const { name, n } of this.#names) {
      text(name, ...this.#plane.place(n), muted, 600);
    }
    if (this.#chosen >= 0) {
      const [px, py] = this.#plane.place(this.#chosen);
      context.strokeStyle = ink;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(px, py, larger + 5, 0, 2 * Math.PI);
      context.stroke();
    }
    if (this.#near >= 0) {
      const [px, py] = this.#plane.place(this.#near);
      const above = py > 30 ? py - 12 : py + 22;
      text(nameOf(this.#recording(this.#near)), px, above, ink, 600);
    }
  }
}
