// The opened recording: its picture, its place in time, its sound.

import { onThemeChange, theme } from "../canvas.js";
import { byId, clock, make, setIcon } from "../elements.js";
import * as pictures from "./picture.js";
import { speaker } from "../speaker.js";

const KEY = "the opened recording";

export class Player {
  #section = byId("recording");
  #picture = byId("picture");
  #play = byId("play");
  #position = byId("position");
  #address = null;
  #measured = null;
  #seconds = 0;
  #length = 0;

  constructor() {
    this.#play.addEventListener("click", () => this.toggle());
    this.#position.addEventListener("input", () =>
      this.seek(Number(this.#position.value)),
    );
    this.#position.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      this.toggle();
    });
    speaker.addEventListener("change", () => this.#showButton());
    speaker.addEventListener("time", () => {
      if (speaker.has(KEY)) this.#moveTo(speaker.seconds);
    });
    new ResizeObserver(() => this.#draw()).observe(this.#picture);
    onThemeChange(() => this.#draw());
  }

  /** Whether there is something to play. */
  get isReady() {
    return !this.#play.disabled;
  }

  get seconds() {
    return this.#seconds;
  }

  get length() {
    return this.#length;
  }

  /** Takes away what is there, and shows a name. */
  clear(name) {
    speaker.drop(KEY);
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = this.#measured = null;
    this.#length = 0;
    this.#play.disabled = this.#position.disabled = true;
    byId("name").textContent = name;
    this.#picture.dataset.state = "empty";
    this.#moveTo(0);
  }

  /** Shows a sentence in place of the picture. */
  tell(...content) {
    byId("message").replaceChildren(...content);
    this.#picture.dataset.state = "empty";
  }

  /**
   * Opens a recording: it can be played at once, and is drawn when decoded.
   * What the browser cannot play is said in its place.
   */
  async open(blob, name) {
    this.clear(name);
    this.tell(make("p", { class: "pulse" }, "Opening\u2026"));
    const address = URL.createObjectURL(blob);
    this.#address = address;
    const isGone = () => this.#address !== address;
    let measured;
    try {
      const length = await lengthOf(address);
      if (isGone()) return;
      this.#length = length;
      this.#play.disabled = this.#position.disabled = false;
      this.#position.max = length;
      this.#moveTo(0);
      measured = await pictures.measure(blob, length);
    } catch {
      if (isGone()) return;
      const text = this.isReady
        ? "Your browser cannot draw this file. It plays all the same."
        : "Your browser cannot play this file.";
      this.tell(make("p", {}, text));
      return;
    }
    if (isGone()) return;
    this.#measured = measured;
    if (measured === null) {
      this.tell(make("p", {}, "Too long to be drawn. It plays all the same."));
      return;
    }
    this.#picture.dataset.state = "drawn";
    this.#draw();
  }

  /** A length that is known from elsewhere, where the browser knows none. */
  setLength(seconds) {
    if (this.isReady) return;
    this.#length = seconds;
    this.#moveTo(0);
  }

  toggle() {
    if (!this.isReady) return;
    const atEnd = this.#seconds >= this.#length - 0.05;
    speaker.toggle(KEY, this.#address, atEnd ? 0 : this.#seconds);
  }

  seek(seconds) {
    if (speaker.has(KEY)) speaker.seek(seconds);
    this.#moveTo(seconds);
  }

  #moveTo(seconds) {
    this.#seconds = seconds;
    const share = this.#length ? Math.min(1, seconds / this.#length) : 0;
    this.#section.style.setProperty("--at", share);
    this.#position.value = seconds;
    const text = `${clock(seconds)} of ${clock(this.#length)}`;
    this.#position.setAttribute("aria-valuetext", text);
    byId("time").textContent = this.#length
      ? `${clock(seconds)} / ${clock(this.#length)}`
      : "0:00";
    this.#section.dispatchEvent(
      new CustomEvent("moved", { detail: { seconds } }),
    );
  }

  #showButton() {
    const sounds = speaker.sounds(KEY);
    setIcon(this.#play, sounds ? "pause" : "play", sounds ? "Pause" : "Play");
  }

  #draw() {
    if (!this.#measured) return;
    const [muted, accent] = theme("--edge", "--accent");
    pictures.drawWaveform(byId("waveform"), this.#measured, muted);
    pictures.drawWaveform(byId("played"), this.#measured, accent);
    pictures.drawSpectrogram(byId("spectrogram"), this.#measured);
  }
}

/** Seconds of what lies at an address, as the browser's player has it. */
function lengthOf(address) {
  return new Promise((resolve, reject) => {
    const audio = new Audio();
    audio.preload = "metadata";
    audio.ondurationchange = () => {
      if (Number.isFinite(audio.duration)) resolve(audio.duration);
      // What was written while it was made states none, and has an end.
      else audio.currentTime = Number.MAX_SAFE_INTEGER;
    };
    audio.onerror = reject;
    audio.src = address;
  });
}
