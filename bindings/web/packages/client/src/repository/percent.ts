import { utf8 } from "../text.ts";

/** All characters except those that need no percent-encoding (RFC 3986, 2.3). */
export const RESERVED = /[^A-Za-z0-9\-._~]/gu;

/** Returns a text in which all characters that `escaped` matches are percent-encoded, by default all that {@link RESERVED} matches. */
export function encode(text: string, escaped = RESERVED): string {
  return text.replace(escaped, (character) => {
    const bytes = Array.from(utf8(character), (byte) => "%" + HEX.charAt(byte >> 4) + HEX.charAt(byte & 15));
    return bytes.join("");
  });
}

const HEX = "0123456789ABCDEF";
