// One thing sounds at a time, whoever started it.

class Speaker extends EventTarget {
  #audio = new Audio();
  #key = null;

  constructor() {
    super();
    for (const name of ["play", "pause", "ended", "loadedmetadata"]) {
      this.#audio.addEventListener(name, () => this.#changed());
    }
    this.#audio.addEventListener("seeked", () => this.#moved());
    this.#audio.addEventListener("error", () => {
      const key = this.#key;
      if (key === null) return;
      // Or it would not be loaded when it is asked for again.
      this.drop(key);
      this.#event("failed", key);
    });
  }

  /** Whether this is what plays or waits. */
  has = (key) => this.#key === key;

  /** Whether this sounds now. */
  sounds = (key) => this.has(key) && !this.#audio.paused;

  get seconds() {
    return this.#audio.currentTime;
  }

  get length() {
    const { duration } = this.#audio;
    return Number.isFinite(duration) ? duration : 0;
  }

  /** Plays what has the key from an address, or pauses it. */
  toggle(key, address, start = 0) {
    if (this.sounds(key)) this.#audio.pause();
    else this.play(key, address, start);
  }

  play(key, address, start = 0) {
    if (!this.has(key)) {
      this.#key = key;
      this.#audio.src = address;
      this.#audio.currentTime = start;
    }
    // Another thing was chosen before this one began, or it cannot be played:
    // the listeners above hear of it.
    this.#audio.play().catch(() => {});
  }

  seek(seconds) {
    this.#audio.currentTime = seconds;
  }

  /** Forgets what has the key. */
  drop(key) {
    if (!this.has(key)) return;
    this.#key = null;
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#changed();
  }

  #event(name, key = this.#key) {
    this.dispatchEvent(new CustomEvent(name, { detail: { key } }));
  }

  #changed() {
    this.#event("change");
    this.#moved();
  }

  #moved() {
    this.#event("time");
    cancelAnimationFrame(this.waiting);
    if (!this.#audio.paused) {
      this.waiting = requestAnimationFrame(() => this.#moved());
    }
  }
}

export const speaker = new Speaker();
