// The library: what is asked for, what was found.

import * as api from "../api.js";
import { byId, counted, icon, make, say, trouble } from "../elements.js";
import { fromAddress, toAddress, wordsOf } from "./asked.js";
import { nameOf, row } from "./rows.js";
import { Suggestions } from "./suggestions.js";

const AT_FIRST = 10;
const AT_MOST = 100;

export class Library {
  #names = new Map();
  #asked = fromAddress("");
  #top = AT_FIRST;
  #request = null;
  // What was open when it was made the example.
  #example = null;

  /**
   * @param {Stage} stage opens recordings.
   * @param {string[]} tags that can be asked for, at least one.
   * @param {function(string[]): void} found hears the ids of all results.
   */
  constructor(stage, tags, found) {
    this.stage = stage;
    this.tags = tags;
    this.found = found;
    const box = byId("query");
    const suggestions = new Suggestions(() => this.words(box.value));
    byId("search").addEventListener("submit", (event) => {
      event.preventDefault();
      suggestions.close();
      this.words(box.value);
    });
    byId("more-results").addEventListener("click", () => {
      this.#top = Math.min(AT_MOST, this.#top + 20);
      this.#run();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey) return;
      if (event.target.closest("input:not([type=range]), dialog")) return;
      event.preventDefault();
      box.focus();
      box.select();
    });
    window.addEventListener("hashchange", () => this.#read());
    this.#read();
  }

  /** Asks for words. */
  words(text) {
    this.#go({ words: text.trim() });
  }

  /** Asks for one tag, as it stands. */
  tag(name) {
    this.words(wordsOf([{ phrase: name, weight: 1 }]));
    byId("library").scrollIntoView({ block: "start" });
  }

  /** Asks for recordings like one of the library. */
  similar = (recording) => {
    this.#know(recording);
    this.#go({ like: [recording.id] });
  };

  /** Asks for recordings like the one that is open. */
  similarToOpened = () => this.#go({ opened: true });

  /** What lines of recordings lead to. */
  get actions() {
    const { like } = this.#asked;
    return {
      similar: this.similar,
      open: (recording) =>
        this.stage.openFromLibrary(recording.id, nameOf(recording)),
      unlike:
        like.length && !this.#example
          ? (recording) => this.#unlike(recording)
          : null,
    };
  }

  #unlike(recording) {
    this.#know(recording);
    const { like, unlike } = this.#asked;
    this.#go({ like, unlike: [...unlike, recording.id] });
  }

  #know(recording) {
    this.#names.set(recording.id, nameOf(recording));
  }

  #go(asked) {
    const address = toAddress(asked);
    if (address === (location.hash || "#")) this.#read();
    else location.hash = address;
  }

  #read() {
    this.#asked = fromAddress(location.hash);
    this.#top = AT_FIRST;
    const { words, like, opened } = this.#asked;
    if (words) byId("query").value = words;
    this.#example = opened ? this.stage.opened : null;
    if (words || like.length || this.#example) {
      if (!words) {
        byId("query").value = "";
        byId("library").scrollIntoView({ block: "start" });
      }
      this.#run();
    } else {
      this.#request?.abort();
      this.#empty();
    }
  }

  async #run() {
    this.#request?.abort();
    const { signal } = (this.#request = new AbortController());
    byId("results").setAttribute("aria-busy", "true");
    this.#showExamples();
    try {
      const answer = await this.#ask(signal);
      if (!signal.aborted) this.#show(answer);
    } catch (error) {
      if (error.name === "AbortError") return;
      const { words } = this.#asked;
      if (words) this.#chips([]);
      if (error.status === 400 && words && error.detail) {
        Object.assign(error, { message: error.detail, detail: "" });
      }
      this.#fill([trouble(error, () => this.#run())]);
    }
  }

  #ask(signal) {
    const { words, like, unlike } = this.#asked;
    if (words) return api.search(words, this.#top, signal);
    if (this.#example) {
      return api.similarTo(this.#example.blob, this.#top, signal);
    }
    return api.similar(like, unlike, this.#top, signal);
  }

  #show({ terms, warnings = [], recordings, results }) {
    results.forEach((recording) => this.#know(recording));
    if (this.#asked.words) this.#showTerms(terms);
    const content = warnings.map((text) =>
      make("p", { class: "warning" }, text),
    );
    content.push(
      results.length
        ? make("ol", {}, ...results.map((found) => row(found, this.actions)))
        : make("p", { class: "empty" }, "Nothing in the library fits."),
    );
    const note =
      `${results.length} of ${recordings}, best first. The number: the share ` +
      "of the library, in\u00a0%, that fits less.";
    this.#fill(content, {
      note: results.length ? note : "",
      hasMore: results.length === this.#top && this.#top < AT_MOST,
      ids: results.map(({ id }) => id),
    });
    say(counted(results.length, "result"));
  }

  /** Shows something in place of the results that were there. */
  #fill(content, { note = "", hasMore = false, ids = [] } = {}) {
    const box = byId("results");
    box.setAttribute("aria-busy", "false");
    keepingFocus(() => {
      box.replaceChildren(...content);
      byId("more-results").hidden = !hasMore;
    });
    byId("results-note").textContent = note;
    this.found(ids);
  }

  #empty() {
    this.#chips([]);
    byId("query").value = "";
    this.#fill([
      make(
        "div",
        { class: "empty" },
        make(
          "p",
          {},
          "Type what the music should be like, or choose a point of the map. " +
            "Of every recording you can ask for more like it.",
        ),
        make("p", { class: "examples" }, ...this.#examples()),
      ),
    ]);
  }

  #examples() {
    const [one, other] = this.tags.map((phrase) => ({ phrase, weight: 1 }));
    const queries = other
      ? [[one], [one, other], [other, { ...one, weight: -1 }]]
      : [[one]];
    return queries.map((terms) => {
      const words = wordsOf(terms);
      return make("button", { click: () => this.words(words) }, words);
    });
  }

  #showTerms(terms) {
    this.#chips(
      terms.map((term, place) => {
        const isNegative = term.weight < 0;
        const strength = Math.abs(term.weight);
        const times = strength === 1 ? "" : ` \u00d7${strength}`;
        const others = terms.filter((_, n) => n !== place);
        const turned = { ...term, weight: -term.weight };
        return this.#chip(term.phrase + times, isNegative, {
          turn: () => this.words(wordsOf(terms.with(place, turned))),
          remove: () => this.words(wordsOf(others)),
        });
      }),
    );
  }

  #showExamples() {
    const { words, like, unlike } = this.#asked;
    if (words) return;
    const chip = (ids, isNegative) => (id) =>
      this.#chip(this.#names.get(id) ?? "A recording", isNegative, {
        remove: () => {
          const rest = { like, unlike };
          rest[isNegative ? "unlike" : "like"] = ids.filter((n) => n !== id);
          this.#go(rest.like.length ? rest : {});
        },
      });
    this.#chips(
      this.#example
        ? [
            this.#chip(this.#example.name, false, {
              remove: () => this.#go({}),
            }),
          ]
        : [
            ...like.map(chip(like, false)),
            ...unlike.map(chip(unlike, true)),
          ],
    );
  }

  #chips(chips) {
    keepingFocus(() => byId("terms").replaceChildren(...chips));
    byId("terms").hidden = !chips.length;
    byId("grammar").hidden = chips.length > 0;
  }

  #chip(text, isNegative, { turn, remove }) {
    const sign = icon(isNegative ? "minus" : "plus");
    const said = make(
      "span",
      { class: "unseen" },
      isNegative ? "not like " : "like ",
    );
    return make(
      "li",
      { class: isNegative ? "chip negative" : "chip" },
      turn
        ? make(
            "button",
            {
              class: "sign",
              title: isNegative ? "Ask for it" : "Turn away from it",
              "aria-label": isNegative
                ? `Ask for ${text}`
                : `Turn away from ${text}`,
              click: turn,
            },
            sign,
          )
        : sign,
      said,
      make("span", { class: "phrase" }, text),
      make(
        "button",
        { class: "remove", "aria-label": `Leave out ${text}`, click: remove },
        icon("close"),
      ),
    );
  }
}

/** Changes a part of the page; who was in it by a key is beside it then. */
function keepingFocus(change) {
  const focused = document.activeElement;
  change();
  if (!focused.isConnected || focused.hidden) byId("results-title").focus();
}
