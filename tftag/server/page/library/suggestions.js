// The list under the search box: arrow keys choose, Enter takes.

import * as api from "../api.js";
import { byId, counted, make, say } from "../elements.js";

const WAIT_MS = 90;

export class Suggestions {
  #box = byId("query");
  #list = byId("suggestions");
  #chosen = -1;
  #waiting = null;
  #asked = null;

  /** @param {function(): void} taken is called when a query was completed. */
  constructor(taken) {
    this.taken = taken;
    this.#box.addEventListener("input", () => this.#typed());
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    this.#box.addEventListener("blur", () => this.close());
  }

  close() {
    clearTimeout(this.#waiting);
    this.#asked?.abort();
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#choose(-1);
    this.#box.setAttribute("aria-expanded", "false");
  }

  #typed() {
    clearTimeout(this.#waiting);
    this.#asked?.abort();
    if (!this.#box.value.trim()) return this.close();
    this.#waiting = setTimeout(() => this.#ask(), WAIT_MS);
  }

  async #ask() {
    const asked = (this.#asked = new AbortController());
    let found = [];
    try {
      found = await api.suggest(this.#box.value, asked.signal);
    } catch {
      // Without suggestions one can type on; the search says what is wrong.
    }
    if (asked.signal.aborted) return;
    if (!found.length) return this.close();
    this.#list.replaceChildren(
      ...found.map(({ phrase, query }, place) =>
        make(
          "li",
          {
            role: "option",
            id: `suggestion-${place}`,
            "data-query": query,
            "aria-selected": "false",
            // The box keeps the focus.
            pointerdown: (event) => event.preventDefault(),
            click: () => this.#take(query),
          },
          phrase,
        ),
      ),
    );
    this.#choose(-1);
    this.#list.hidden = false;
    this.#box.setAttribute("aria-expanded", "true");
    say(counted(found.length, "suggestion"));
  }

  #key(event) {
    const options = this.#list.children;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      const places = options.length + 1;
      this.#choose(((this.#chosen + 1 + step + places) % places) - 1);
    } else if (event.key === "Enter" && this.#chosen >= 0) {
      event.preventDefault();
      this.#take(options[this.#chosen].dataset.query);
    } else if (event.key === "Escape" && options.length) {
      event.preventDefault();
      this.close();
    }
  }

  #choose(place) {
    this.#chosen = place;
    [...this.#list.children].forEach((option, n) =>
      option.setAttribute("aria-selected", n === place),
    );
    if (place < 0) this.#box.removeAttribute("aria-activedescendant");
    else {
      this.#box.setAttribute("aria-activedescendant", `suggestion-${place}`);
    }
  }

  #take(query) {
    this.#box.value = query;
    this.close();
    this.taken();
  }
}
