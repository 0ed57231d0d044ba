// Opens a recording: dropped, chosen, from the microphone, of the library.

import * as api from "../api.js";
import {
  byId,
  clock,
  make,
  notify,
  percent,
  say,
  setIcon,
  trouble,
} from "../elements.js";
import { record } from "./microphone.js";
import { Player } from "./player.js";
import { TagBars } from "./tag_bars.js";
import { Timeline } from "./timeline.js";

export class Stage {
  #player = new Player();
  #bars = new TagBars();
  #timeline = new Timeline(this.#player);
  #opened = null;
  #recorder = null;
  #asked = null;
  #isAskingForMicrophone = false;

  /** @param {function(): string} model names the model that is asked. */
  constructor(model) {
    this.model = model;
    byId("file").addEventListener("change", ({ target }) => {
      if (target.files.length) this.open(target.files[0], target.files[0].name);
      // So that the same file can be chosen again.
      target.value = "";
    });
    byId("record").addEventListener("click", () => this.#record());
    this.#takeDrops();
  }

  /** The recording that is open, `{ blob, name }`, or null. */
  get opened() {
    return this.#opened;
  }

  /** Lets tags be looked for in the library, and recordings like this one. */
  withLibrary({ find, similar }) {
    this.#bars.find = find;
    byId("like-this").addEventListener("click", similar);
    this.similar = true;
  }

  /** Plays, draws and tags a recording. */
  open(blob, name) {
    // What is being recorded gives way.
    this.#recorder?.stop();
    this.#opened = { blob, name };
    this.#player.open(blob, name);
    return this.tag();
  }

  /** Opens a recording of the library. */
  async openFromLibrary(id, name) {
    byId("recording").scrollIntoView({ block: "start" });
    byId("name").focus({ preventScroll: true });
    this.#leave(name, make("p", { class: "pulse" }, "Opening\u2026"));
    const asked = (this.#asked = new AbortController());
    try {
      this.open(await api.audio(id, asked.signal), name);
    } catch (error) {
      if (error.name === "AbortError") return;
      const again = () => this.openFromLibrary(id, name);
      this.#player.tell(trouble(error, again));
    }
  }

  /** Takes away what is open; a name and something else are in its place. */
  #leave(name, ...content) {
    this.#recorder?.stop();
    this.#asked?.abort();
    this.#opened = null;
    this.#bars.clear();
    this.#timeline.clear();
    byId("remarks").textContent = "";
    byId("like-this").hidden = true;
    this.#player.clear(name);
    this.#player.tell(...content);
  }

  /** Asks for the tags of what is open. */
  async tag() {
    if (!this.#opened) return;
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    this.#timeline.clear();
    byId("remarks").textContent = "";
    byId("like-this").hidden = true;
    this.#bars.wait("Sending\u2026");
    say("Sending the recording");
    const sent = (share) =>
      this.#bars.wait(
        share < 1 ? `Sending\u2026 ${percent(share)}` : "Tagging\u2026",
      );
    try {
      const answer = await api.tag(this.#opened.blob, this.model(), {
        signal: asked.signal,
        sent,
      });
      this.#show(answer);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.status === 400) {
        error.message = "The server cannot read this as music.";
      }
      this.#bars.fail(error, () => this.tag());
    }
  }

  #show(answer) {
    this.#player.setLength(answer.seconds);
    this.#bars.show(answer.tags);
    this.#timeline.show(
      answer.timeline,
      answer.tags.map(({ tag }) => tag),
    );
    byId("remarks").textContent = answer.remarks
      .map((remark) => ` \u00b7 ${remark}`)
      .join("");
    byId("like-this").hidden = !this.similar;
    const likely = answer.tags
      .slice(0, 3)
      .map(({ tag, probability }) => `${tag} ${percent(probability)}`);
    say(`Tagged. Likeliest: ${likely.join(", ")}`);
  }

  async #record() {
    if (this.#recorder) return this.#finish();
    // The browser asks first. The button is not disabled meanwhile: it would
    // lose the focus.
    if (this.#isAskingForMicrophone) return;
    this.#isAskingForMicrophone = true;
    const level = make("span", { class: "level" });
    const time = make("p", { class: "recorded" }, "0:00");
    try {
      const microphone = await record(
        (peak, seconds) => {
          level.style.setProperty("--share", Math.sqrt(peak));
          time.textContent = clock(seconds);
        },
        () => this.#finish(),
      );
      const note = make("p", {}, "Press Stop when done.");
      this.#leave("Recording", time, level, note);
      this.#recorder = {
        stop: () => {
          this.#recorder = null;
          this.#label("mic", "Record");
          return microphone.stop();
        },
      };
      this.#label("stop", "Stop");
      say("Recording. Press Stop when done.");
    } catch (error) {
      notify(error.message);
    }
    this.#isAskingForMicrophone = false;
  }

  #finish() {
    return this.open(this.#recorder.stop(), named());
  }

  #label(iconName, text) {
    const button = byId("record");
    setIcon(button, iconName, text);
    button.querySelector("span").textContent = text;
    button.classList.toggle("primary", iconName === "stop");
  }

  #takeDrops() {
    const carriesFile = ({ dataTransfer }) =>
      dataTransfer?.types.includes("Files");
    const root = document.documentElement;
    let inside = 0;
    const enter = (by) => {
      inside = by === 0 ? 0 : Math.max(0, inside + by);
      root.classList.toggle("dropping", inside > 0);
    };
    window.addEventListener("dragenter", (e) => carriesFile(e) && enter(1));
    window.addEventListener("dragleave", (e) => carriesFile(e) && enter(-1));
    window.addEventListener("dragover", (e) => {
      if (carriesFile(e)) e.preventDefault();
    });
    window.addEventListener("drop", (event) => {
      if (!carriesFile(event)) return;
      event.preventDefault();
      enter(0);
      const [file] = event.dataTransfer.files;
      if (file) this.open(file, file.name);
      if (event.dataTransfer.files.length > 1) {
        notify("One recording at a time: the first one was opened.");
      }
    });
  }
}

/** A name for what was recorded now. */
function named() {
  const time = new Date().toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
  });
  return `Recorded at ${time}`;
}
