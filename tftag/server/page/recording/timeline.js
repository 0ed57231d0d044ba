// How likely the tags are in each part of the recording.

import { byId, clock, make, percent } from "../elements.js";
import { onThemeChange, prepare, theme } from "../canvas.js";

const ROWS = 6;

export class Timeline {
  #strips = byId("strips");
  #range = byId("clips");
  #player;
  #starts = [];
  #rows = [];

  /** @param {Player} player is moved by a click or a key. */
  constructor(player) {
    this.#player = player;
    this.#range.addEventListener("input", () => this.#choose());
    this.#range.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      player.toggle();
    });
    byId("recording").addEventListener("moved", ({ detail }) =>
      this.#follow(detail.seconds),
    );
    const rows = this.#range.parentElement;
    const secondsAt = (event) => {
      const { left, width } = rows.getBoundingClientRect();
      const share = (event.clientX - left) / width;
      return Math.max(0, Math.min(1, share)) * player.length;
    };
    rows.addEventListener("pointermove", (event) =>
      this.#tell(this.#clipAt(secondsAt(event))),
    );
    rows.addEventListener("pointerleave", () => this.#tell(null));
    rows.addEventListener("click", (event) => {
      if (!this.#range.disabled) player.seek(secondsAt(event));
    });
    new ResizeObserver(() => this.#draw()).observe(rows);
    onThemeChange(() => this.#draw());
    this.clear();
  }

  clear() {
    this.#starts = this.#rows = [];
    this.#range.disabled = true;
    this.#range.max = 0;
    this.#range.removeAttribute("aria-valuetext");
    const blank = () => make("li", {}, make("span", { class: "strip" }));
    this.#strips.replaceChildren(...Array.from({ length: ROWS }, blank));
    this.#tell(null);
  }

  /**
   * @param {object} timeline as the server has it.
   * @param {string[]} likeliest the tags of the recording, in their order.
   */
  show(timeline, likeliest) {
    this.#starts = timeline.start_seconds;
    this.#rows = likeliest.slice(0, ROWS).map((tag) => {
      const column = timeline.tags.indexOf(tag);
      return { tag, clips: timeline.probabilities.map((row) => row[column]) };
    });
    this.#strips.replaceChildren(
      ...this.#rows.map(({ tag, clips }) =>
        make(
          "li",
          {},
          make("span", { class: "label" }, tag),
          make("canvas", { class: "strip", "aria-hidden": "true" }),
        ),
      ),
    );
    this.#draw();
    this.#range.max = this.#starts.length - 1;
    this.#range.disabled = false;
    this.#follow(this.#player.seconds);
  }

  #choose() {
    const clip = Number(this.#range.value);
    this.#player.seek((clip / this.#starts.length) * this.#player.length);
    this.#tell(clip);
  }

  #follow(seconds) {
    if (!this.#starts.length) return;
    const clip = this.#clipAt(seconds);
    this.#range.value = clip;
    this.#range.setAttribute("aria-valuetext", this.#text(clip));
  }

  #clipAt(seconds) {
    const share = this.#player.length ? seconds / this.#player.length : 0;
    const clip = Math.floor(share * this.#starts.length + 1e-9);
    return Math.max(0, Math.min(this.#starts.length - 1, clip));
  }

  #text(clip) {
    const likely = this.#rows
      .map(({ tag, clips }) => [clips[clip], tag])
      .sort(([one], [other]) => other - one)
      .slice(0, 3)
      .map(([probability, tag]) => `${tag} ${percent(probability)}`);
    return `${clock(this.#starts[clip])}: ${likely.join(", ")}`;
  }

  #tell(clip) {
    const known = clip !== null && this.#starts.length;
    byId("clip").textContent = known ? this.#text(clip) : "";
  }

  #draw() {
    const canvases = this.#strips.querySelectorAll("canvas");
    const [accent] = theme("--accent");
    this.#rows.forEach(({ clips }, row) => {
      const { context, width, height } = prepare(canvases[row]);
      const step = width / clips.length;
      const gap = step > 8 ? 2 : 0;
      context.fillStyle = accent;
      clips.forEach((probability, clip) => {
        context.globalAlpha = probability;
        context.fillRect(clip * step, 0, step - gap, height);
      });
    });
  }
}
