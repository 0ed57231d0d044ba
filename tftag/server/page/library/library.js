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
    const { like, opened } = this.#asked;
    return {
      similar: this.similar,
      open: (recording) =>
        this.stage.openFromLibrary(recording.id, nameOf(recording)),
      unlike:
        like.length && !opened ? (recording) => this.#unlike(recording) : null,
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
    if (opened && !this.stage.opened) this.#asked.opened = false;
    if (words || like.length || this.#asked.opened) {
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
    const results = byId("results");
    results.setAttribute("aria-busy", "true");
    this.#showExamples();
    try {
      const answer = await this.#ask(signal);
      if (signal.aborted) return;
      results.setAttribute("aria-busy", "false");
      this.#show(answer);
    } catch (error) {
      if (error.name === "AbortError") return;
      results.setAttribute("aria-busy", "false");
      if (error.status === 400 && this.#asked.words) {
        Object.assign(error, { message: error.detail, detail: "" });
      }
      byId("results-note").textContent = "";
      byId("more-results").hidden = true;
      results.replaceChildren(trouble(error, () => this.#run()));
    }
  }

  #ask(signal) {
    const { words, like, unlike, opened } = this.#asked;
    if (words) return api.search(words, this.#top, signal);
    if (opened) return api.similarTo(this.stage.opened, this.#top, signal);
    return api.similar(like, unlike, this.#top, signal);
  }

  #show({ terms, warnings = [], recordings, results }) {
    results.forEach((recording) => this.#know(recording));
    if (this.#asked.words) this.#showTerms(terms);
    const box = byId("results");
    const focused = [...box.children].length && document.activeElement;
    box.replaceChildren(
      ...warnings.map((text) => make("p", { class: "warning" }, text)),
      make("ol", {}, ...results.map((found) => row(found, this.actions))),
    );
    if (!results.length) {
      box.append(make("p", { class: "empty" }, "Nothing in the library fits."));
    }
    if (focused && !focused.isConnected) byId("results-title").focus();
    byId("results-note").textContent = results.length
      ? `${results.length} of ${recordings}, best first. The number: the ` +
        "share of the library, in\u00a0%, that fits less."
      : "";
    byId("more-results").hidden =
      results.length < this.#top || this.#top >= AT_MOST;
    say(counted(results.length, "result"));
    this.found(results.map(({ id }) => id));
  }

  #empty() {
    this.#chips([]);
    byId("query").value = "";
    byId("results-note").textContent = "";
    byId("more-results").hidden = true;
    byId("results").replaceChildren(
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
    );
    this.found([]);
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
    const { words, like, unlike, opened } = this.#asked;
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
      opened
        ? [
            this.#chip(byId("name").textContent, false, {
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
    byId("terms").replaceChildren(...chips);
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
