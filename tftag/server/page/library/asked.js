// What is asked of the library. It stands in the address, so that the
// browser's back button and a bookmark work.

/**
 * @typedef {object} Asked
 * @property {string} words a query, "" where examples are asked for.
 * @property {string[]} like the ids of recordings, and so is `unlike`.
 * @property {boolean} opened whether the opened recording is the example.
 */

/** Reads what an address asks for. */
export function fromAddress(hash) {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    words: values.get("q") ?? "",
    like: values.getAll("like"),
    unlike: values.getAll("unlike"),
    opened: values.has("opened"),
  };
}

/** The address of what is asked for. */
export function toAddress({ words = "", like = [], unlike = [], opened }) {
  const values = new URLSearchParams();
  if (words) values.set("q", words);
  for (const id of like) values.append("like", id);
  for (const id of unlike) values.append("unlike", id);
  if (opened) values.set("opened", "");
  return `#${values}`;
}

/** A query that the server reads as these terms. */
export function wordsOf(terms) {
  return terms
    .map(({ phrase, weight }) => {
      // No query can hold quotes of a phrase's own.
      const inside = phrase.replaceAll('"', "");
      const quoted = isPlain(phrase) ? phrase : `"${inside}"`;
      const strength = Math.abs(weight);
      const power = strength === 1 ? "" : `^${strength}`;
      return `${weight < 0 ? "-" : ""}${quoted}${power}`;
    })
    .join(" ");
}

// Other words mean something to the query, or stand for several.
const isPlain = (phrase) =>
  /^[\p{L}\p{N}]+$/u.test(phrase) && !["no", "not", "without"].includes(phrase);
