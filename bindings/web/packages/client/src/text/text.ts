/**
 * Operations on texts with the rules of the Rust client, where JavaScript's own methods have other rules.
 *
 * @packageDocumentation
 */

/** The platform's coders of UTF-8. The pure modules are compiled without the types of a platform. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: "utf-8",
  options: { fatal: boolean; ignoreBOM: true },
) => { decode(bytes?: Uint8Array, options?: { stream: boolean }): string };

/** The white space of Unicode, which Rust trims. JavaScript's `\s` has U+FEFF in addition, and lacks U+0085. */
const SPACE = "[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const SPACES_AROUND = new RegExp(`^${SPACE}+|${SPACE}+$`, "g");
const UNPRINTABLE = new RegExp(`${SPACE}|\\p{Cc}`, "u");
const LONE_SURROGATES = /\p{Cs}/gu;
const ENCODER = new TextEncoder();

/** Returns the text without the Unicode white space at its start and its end. */
export function trim(text: string): string {
  return text.replace(SPACES_AROUND, "");
}

/** Returns true if the text contains Unicode white space or a control character. */
export function isUnprintable(text: string): boolean {
  return UNPRINTABLE.test(text);
}

/** Returns the text with its ASCII letters in lower case. All other characters stay as they are. */
export function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Returns true if the texts differ at most in the case of ASCII letters. */
export function equalsIgnoringCase(left: string, right: string): boolean {
  return left === right || (left.length === right.length && lowerCase(left) === lowerCase(right));
}

/**
 * Compares two well-formed texts by the bytes of their UTF-8 form, which is the order of Rust's texts. The result is negative,
 * zero or positive, as a comparison for `sort` returns it.
 */
export function compareBytes(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const [one, other] = [left.charCodeAt(at), right.charCodeAt(at)];
    // The bytes of characters beyond U+FFFF sort after all others, but their surrogates lie before U+E000.
    if (one !== other) return rank(one) - rank(other);
  }
  return left.length - right.length;
}

/** Returns the rank of a UTF-16 unit in the order of UTF-8, in which surrogates follow all other units. */
function rank(unit: number): number {
  return (unit & 0xf800) === 0xd800 ? unit + 0x10000 : unit;
}

/** Returns the number of characters, which are Unicode code points. */
export function characters(text: string): number {
  return Array.from(text).length;
}

/** Returns the first `most` characters of a text that has more, followed by `…`, and other texts unchanged. */
export function cut(text: string, most: number): string {
  let end = 0;
  for (let count = 0; count < most && end < text.length; count++) end += widthAt(text, end);
  return end < text.length ? `${text.slice(0, end)}…` : text;
}

/** Returns the number of UTF-16 units of the character at an index. */
export function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** Returns the UTF-8 form of a text. A lone surrogate becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}

/** Returns the number of bytes of the UTF-8 form of a text. A lone surrogate counts as U+FFFD. */
export function byteLength(text: string): number {
  // Counting the bytes of each unit takes 20 times as long before the loop is compiled, as in a page that starts.
  return utf8(text).length;
}

/** Returns the text with U+FFFD in place of each lone surrogate, which no text of Rust can hold. */
export function wellFormed(text: string): string {
  return /[\ud800-\udfff]/.test(text) ? text.replace(LONE_SURROGATES, "\ufffd") : text;
}

/**
 * Returns the text of pieces of bytes in UTF-8, in which a byte order mark stays. Invalid bytes become U+FFFD; if `isStrict` is true, the
 * result is `undefined` then.
 */
export function textOf(pieces: readonly Uint8Array[], isStrict: boolean): string | undefined {
  const decoder = new TextDecoder("utf-8", { fatal: isStrict, ignoreBOM: true });
  try {
    return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
  } catch {
    return undefined;
  }
}

/** Returns the text of bytes in UTF-8, in which a byte order mark stays; `undefined` if the bytes are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  return textOf([bytes], true);
}

/** Returns the text of bytes in UTF-8, in which a byte order mark stays, and invalid bytes become U+FFFD. */
export function fromUtf8Lossy(bytes: Uint8Array): string {
  return textOf([bytes], false) ?? "";
}

/** All characters except those that need no percent-encoding (RFC 3986, 2.3). */
export const RESERVED = /[^A-Za-z0-9\-._~]/gu;

const HEX = "0123456789ABCDEF";

/** Returns a text in which all characters that `escaped` matches are percent-encoded, by default all that {@link RESERVED} matches. */
export function percentEncoded(text: string, escaped = RESERVED): string {
  return text.replace(escaped, (character) => {
    const bytes = Array.from(utf8(character), (byte) => "%" + HEX.charAt(byte >> 4) + HEX.charAt(byte & 15));
    return bytes.join("");
  });
}
