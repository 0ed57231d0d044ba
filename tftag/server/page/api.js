// What the server is asked, and what is said when it does not answer.

import { counted, megabytes } from "./elements.js";

/** What went wrong, in words for whoever looks at the page. */
export class Trouble extends Error {
  /**
   * @param {string} message a sentence.
   * @param {number} status of the answer, 0 where there was none.
   * @param {string} detail what the server said.
   * @param {boolean} mayPass whether trying again may help.
   */
  constructor(message, { status = 0, detail = "", mayPass = false } = {}) {
    super(message);
    Object.assign(this, { status, detail, mayPass });
  }
}

const limits = { body_bytes: Infinity, audio_seconds: Infinity };

/** Asks for what the page begins with. */
export async function config() {
  const answer = await ask("config");
  Object.assign(limits, answer.limits);
  return answer;
}

/** Opens a session by the token that the server asks for. */
export async function enter(token) {
  // No token has other letters, and a header cannot be sent with them.
  if (!/^[ -~]*$/.test(token)) throw told(401);
  await ask("session", {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
  });
}

/** Recordings that fit words. */
export const search = (query, top, signal) =>
  ask(`search?${new URLSearchParams({ q: query, top })}`, { signal });

/** Recordings like some of the library, and unlike others. */
export function similar(like, unlike, top, signal) {
  const asked = new URLSearchParams({ top });
  for (const id of like) asked.append("like", id);
  for (const id of unlike) asked.append("unlike", id);
  return ask(`similar?${asked}`, { signal });
}

/** Recordings like one that is not of the library. */
export const similarTo = (blob, top, signal) =>
  send(`similar?${new URLSearchParams({ top })}`, blob, { signal });

/** The tags of a recording, and their timeline. */
export const tag = (blob, model, options) =>
  send(
    `tag?${new URLSearchParams({ model, timeline: "true" })}`,
    blob,
    options,
  );

/** What a query that is being typed may become. */
export async function suggest(text, signal) {
  const asked = new URLSearchParams({ q: text, top: 8 });
  return (await ask(`suggest?${asked}`, { signal })).suggestions;
}

/** All recordings of the library in two dimensions. */
export const map = () => ask("map");

/** Where the sound of a recording of the library is. */
export const audioAddress = (id) => `audio/${encodeURIComponent(id)}`;

/** The file of a recording of the library. */
export const audio = (id, signal) =>
  reach(audioAddress(id), { signal }, (answer) => answer.blob());

const ask = async (address, options) =>
  parsed(await reach(address, options, (answer) => answer.text()));

/** Fetches an answer, and reads all of it. */
async function reach(address, options, read) {
  try {
    const answer = await fetch(address, options);
    if (answer.ok) return await read(answer);
    const after = answer.headers.get("Retry-After");
    throw told(answer.status, await answer.text(), after);
  } catch (error) {
    if (error instanceof Trouble || error.name === "AbortError") throw error;
    throw told(0);
  }
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    throw new Trouble(
      "Something else answers in place of the server. Load the page again.",
    );
  }
}

/** Sends a recording; `sent` hears which share has arrived, 0 to 1. */
async function send(address, blob, { signal, sent } = {}) {
  if (blob.size > limits.body_bytes) throw told(413);
  const request = await new Promise((resolve, reject) => {
    // fetch says nothing of how much was sent.
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => sent?.(event.loaded / event.total);
    request.onload = () => resolve(request);
    request.onerror = async () => reject(await unsent(blob));
    const aborted = () => reject(new DOMException("", "AbortError"));
    request.onabort = aborted;
    signal?.addEventListener("abort", () => request.abort());
    if (signal?.aborted) aborted();
    else request.send(blob);
  });
  const { status, responseText } = request;
  if (status === 200) return parsed(responseText);
  throw told(status, responseText, request.getResponseHeader("Retry-After"));
}

/** Why a recording was not sent: the browser does not say. */
async function unsent(blob) {
  try {
    await blob.slice(0, 1).arrayBuffer();
    return told(0);
  } catch {
    return new Trouble(
      "This file cannot be read: it is a folder, or it has changed since it " +
        "was chosen. Choose it again.",
    );
  }
}

const minutes = ({ audio_seconds: seconds }) => Math.floor(seconds / 60);

/** Puts an answer that is an error into words. */
function told(status, text = "", after = null) {
  let detail = "";
  try {
    detail = JSON.parse(text).error ?? "";
  } catch {
    // Something between the server and the page answered, not the server.
  }
  const wait = after ? `in ${after}\u00a0s` : "in a moment";
  const [message, mayPass] = {
    0: ["The server does not answer. Is it still running?", true],
    400: ["The server cannot use this.", false],
    401: ["The server asks for a token: load the page again.", false],
    404: ["The server does not have this.", false],
    408: ["The recording did not arrive in time.", true],
    413: [
      "This is too large or too long: the server takes up to " +
        `${megabytes(limits.body_bytes)} and ` +
        `${counted(minutes(limits), "minute")}.`,
      false,
    ],
    429: [`The server is busy. Try again ${wait}.`, true],
    502: [`The bucket of this does not give it. Try again ${wait}.`, true],
    503: [`The server is starting or ending. Try again ${wait}.`, true],
    504: ["This took the server too long. A shorter piece may do.", true],
  }[status] ?? [`The server failed (${status}).`, true];
  return new Trouble(message, { status, detail, mayPass });
}
