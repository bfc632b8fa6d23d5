import { byteLength, percentEncoded, fromUtf8Lossy, RESERVED, utf8 } from "../../text/text.ts";

/** An item of a baggage entry: its decoded key, and its value, which is still encoded. `undefined` means null. */
export type Item = readonly [key: string, value: string | undefined];

/** Parses one part of a baggage entry's value, between commas. Returns `undefined` if the part has no key. */
export function parseItem(piece: string): Item | undefined {
  const equals = piece.indexOf("=");
  const key = equals < 0 ? piece : piece.slice(0, equals);
  if (key === "") return undefined;
  return [decoded(key), equals < 0 ? undefined : piece.slice(equals + 1)];
}

/** Percent-decodes the value of an item. A `+` becomes a space. */
export function decodeValue(encoded: string): string {
  return decoded(encoded.replaceAll("+", " "));
}

/** Returns an item with its key and value percent-encoded. If the value is `undefined`, the item is only the key. */
export function writeItem(key: string, value: string | undefined): string {
  // eslint-disable-next-line no-control-regex -- control characters are escaped, because headers cannot carry them
  const name = percentEncoded(key, /[\0-\x1f\x7f ",;=%\\]/g);
  return value === undefined ? name : `${name}=${percentEncoded(value, RESERVED)}`;
}

/**
 * Returns the maximum length in bytes of a text after the carrier of the baggage has percent-encoded the text once more. Some
 * carriers encode fewer characters.
 */
export function carried(text: string): number {
  const plain = text.replace(RESERVED, "").length;
  return plain + 3 * (byteLength(text) - plain);
}

/** Percent-decodes a text. Invalid escapes stay unchanged, and invalid UTF-8 becomes U+FFFD. */
export function decoded(text: string): string {
  if (!text.includes("%")) return text;
  const from = utf8(text);
  const bytes: number[] = [];
  for (let at = 0; at < from.length; at++) {
    const [high, low] = [nibble(from[at + 1]), nibble(from[at + 2])];
    if (from[at] === 0x25 && high >= 0 && low >= 0) {
      bytes.push(high * 16 + low);
      at += 2;
    } else {
      bytes.push(from[at] ?? 0);
    }
  }
  return fromUtf8Lossy(Uint8Array.from(bytes));
}

/** Returns the value of a hexadecimal digit; -1 for any other byte. */
function nibble(byte = 0): number {
  return "0123456789abcdef".indexOf(String.fromCharCode(byte | (byte > 0x40 ? 0x20 : 0)));
}
