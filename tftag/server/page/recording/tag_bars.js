// The tags of a recording: a bar each, the likeliest first.

import { byId, make, percent, trouble } from "../elements.js";

const AT_FIRST = 12;

export class TagBars {
  #box = byId("tags");
  #all = byId("all-tags");
  #tags = [];
  #isWhole = false;

  /** @param {?function(string): void} find looks for a tag in the library. */
  constructor() {
    this.find = null;
    this.#all.addEventListener("click", () => {
      this.#isWhole = !this.#isWhole;
      this.#draw();
    });
    this.clear();
  }

  /** What is there before any recording. */
  clear() {
    this.#blank("Every tag of the model gets a bar. The mark on it is the " +
      "threshold: from there on, the tag is given.");
  }

  /** What is there until the server has answered. */
  wait(text) {
    if (this.#box.getAttribute("aria-busy") === "true") {
      this.#box.querySelector(".waiting span").textContent = text;
      return;
    }
    this.#blank(text);
    this.#box.setAttribute("aria-busy", "true");
  }

  /** @param {object[]} tags as the server has them. */
  show(tags) {
    this.#tags = tags;
    this.#isWhole = false;
    this.#box.setAttribute("aria-busy", "false");
    const given = tags.filter((tag) => tag.is_given).length;
    byId("given").textContent = `${given} of ${tags.length} given`;
    this.#draw();
  }

  /** Says why there are no tags. */
  fail(error, again) {
    this.#blank("");
    this.#box.replaceChildren(trouble(error, again));
  }

  #blank(text) {
    this.#tags = [];
    this.#all.hidden = true;
    byId("given").textContent = "";
    this.#box.setAttribute("aria-busy", "false");
    const bars = Array.from({ length: AT_FIRST }, () =>
      make(
        "li",
        {},
        ...[1, 2, 3].map(() => make("span", { class: "bar" })),
      ),
    );
    this.#box.replaceChildren(
      make("ol", { class: "blank", "aria-hidden": "true" }, ...bars),
      make("p", { class: "waiting" }, make("span", {}, text)),
    );
  }

  #draw() {
    const many = this.#isWhole ? this.#tags.length : AT_FIRST;
    const shown = this.#tags.slice(0, many);
    this.#box.replaceChildren(
      make("ol", {}, ...shown.map((tag) => this.#row(tag))),
    );
    this.#all.hidden = this.#tags.length <= AT_FIRST;
    this.#all.setAttribute("aria-expanded", this.#isWhole);
    this.#all.textContent = this.#isWhole
      ? "Show fewer"
      : `Show all ${this.#tags.length}`;
  }

  #row({ tag, probability, threshold, is_given: isGiven }) {
    const name = this.find
      ? make(
          "button",
          {
            class: "tag-name",
            title: `Find \u201c${tag}\u201d in the library`,
            click: () => this.find(tag),
          },
          tag,
        )
      : make("span", { class: "tag-name" }, tag);
    const fill = make("span", { class: "fill" });
    fill.style.setProperty("--share", probability);
    const mark = make("span", { class: "mark" });
    mark.style.setProperty("--share", threshold);
    const said = `, ${isGiven ? "given" : "not given"}, ` +
      `threshold ${percent(threshold)}`;
    return make(
      "li",
      { class: isGiven ? "tag given" : "tag" },
      name,
      make(
        "span",
        { class: "bar", "aria-hidden": "true",
          title: `Threshold ${percent(threshold)}` },
        fill,
        mark,
      ),
      make("span", { class: "value" }, percent(probability)),
      make("span", { class: "unseen" }, said),
    );
  }
}
