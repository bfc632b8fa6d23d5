/**
 * Several texts in one text, as the crate `fh-web-engine` reads and writes them: U+0000 ends each text but the last. In a text, U+0001
 * followed by `0` stands for U+0000, and U+0001 followed by `1` for U+0001.
 *
 * @packageDocumentation
 */

const END = "\0";
const ESCAPE = "\u0001";

/** Joins texts into one. No texts give the same as one empty text. */
export function join(texts: readonly string[]): string {
  return texts.map(escaped).join(END);
}

/** Splits a text that was joined. */
export function split(joined: string): string[] {
  return joined.split(END).map(unescaped);
}

function escaped(text: string): string {
  if (!text.includes(END) && !text.includes(ESCAPE)) return text;
  return text.replaceAll(ESCAPE, `${ESCAPE}1`).replaceAll(END, `${ESCAPE}0`);
}

function unescaped(text: string): string {
  if (!text.includes(ESCAPE)) return text;
  return text.replaceAll(`${ESCAPE}0`, END).replaceAll(`${ESCAPE}1`, ESCAPE);
}
