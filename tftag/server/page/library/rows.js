// A recording of the library as one line: it plays, and leads to others.

import * as api from "../api.js";
import { clock, icon, make, notify, setIcon } from "../elements.js";
import { speaker } from "../speaker.js";

/** What a person calls a recording: its title, else its file's name. */
export const nameOf = ({ title, path }) => title || path.split("/").at(-1);

/**
 * Makes the line of a recording.
 * @param {object} recording as the server has it.
 * @param {object} actions
 * @param {function} actions.similar is called with the recording, and so are
 *   `open` and, where examples are asked for, `unlike`.
 * @param {string} element the kind of element it is.
 */
export function row(recording, actions, element = "li") {
  const { id, percentile, seconds } = recording;
  const name = nameOf(recording);
  const play = make(
    "button",
    {
      class: "round",
      click: () => speaker.toggle(id, api.audioAddress(id)),
    },
    icon("play"),
  );
  const position = make("input", {
    type: "range",
    min: 0,
    max: 1,
    step: "any",
    value: 0,
    "aria-label": `Position in ${name}`,
    input: () => speaker.seek(Number(position.value) * lengthOf(made)),
  });
  const made = make(
    element,
    {
      class: "row",
      "data-recording": id,
      "data-name": name,
      "data-seconds": seconds ?? 0,
    },
    play,
    make(
      "div",
      { class: "who" },
      make("p", { class: "title" }, name),
      make("p", { class: "about" }, about(recording)),
      position,
    ),
    percentile === undefined ? "" : fit(percentile),
    make("div", { class: "actions" }, ...buttons(recording, name, actions)),
  );
  showState(made);
  return made;
}

function about(recording) {
  const { title, path, artist, album, year, seconds } = recording;
  const { tags = [], copies = 0 } = recording;
  const folder = title ? path : path.split("/").slice(0, -1).join("/");
  const length = seconds ? clock(seconds) : "";
  const likely = tags.slice(0, 3).map(({ tag }) => tag);
  const copied = copies === 1 ? "1 near copy" : `${copies} near copies`;
  const also = copies ? `and ${copied}` : "";
  return [artist, album, year, length, likely.join(", "), folder, also]
    .filter(Boolean)
    .join(" \u00b7 ");
}

function fit(percentile) {
  return make(
    "p",
    { class: "fit" },
    make("span", { class: "unseen" }, "Fits better than "),
    percentile.toFixed(1),
    make("span", { class: "unseen" }, " % of the library"),
  );
}

function buttons(recording, name, { similar, unlike, open }) {
  const button = (iconName, text, action) =>
    make(
      "button",
      {
        class: "quiet",
        "aria-label": `${text}: ${name}`,
        title: text,
        click: () => action(recording),
      },
      icon(iconName),
      make("span", { class: "word" }, text),
    );
  return [
    button("like", "More like this", similar),
    ...(unlike ? [button("unlike", "Not like this", unlike)] : []),
    button("tags", "Tags", open),
  ];
}

function showState(line) {
  const { recording: id, name } = line.dataset;
  const sounds = speaker.sounds(id);
  line.dataset.playing = speaker.has(id);
  setIcon(
    line.querySelector("button"),
    sounds ? "pause" : "play",
    `${sounds ? "Pause" : "Play"} ${name}`,
  );
}

/** Seconds of a line's recording; not every file states them. */
const lengthOf = ({ dataset }) => speaker.length || Number(dataset.seconds);

const lines = () => document.querySelectorAll("[data-recording]");

speaker.addEventListener("change", () => lines().forEach(showState));

speaker.addEventListener("time", () => {
  for (const line of lines()) {
    const length = lengthOf(line);
    if (!speaker.has(line.dataset.recording) || !length) continue;
    const range = line.querySelector("input");
    const { seconds } = speaker;
    range.value = seconds / length;
    range.setAttribute(
      "aria-valuetext",
      `${clock(seconds)} of ${clock(length)}`,
    );
  }
});

speaker.addEventListener("failed", ({ detail: { key } }) => {
  const line = [...lines()].find(({ dataset }) => dataset.recording === key);
  if (!line) return;
  notify(
    `${line.dataset.name} cannot be played: its file has moved, your ` +
      "browser does not know its format, or the server does not answer.",
  );
});
