import { held } from "../../json.ts";
import { byteLength, fromUtf8Lossy } from "../../text.ts";

/** The bytes of a field's value, which may arrive in parts. The number of bytes is limited. */
export class Value {
  #bytes = new Uint8Array(0);
  #length = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns true if the value contains this byte. */
  includes(byte: number): boolean {
    return this.#bytes.subarray(0, this.#length).includes(byte);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Adds bytes. Returns false if the value would exceed its limit. */
  push(run: Uint8Array): boolean {
    const length = this.#length + run.length;
    if (length > this.#limit) return false;
    if (length > this.#bytes.length) {
      // Doubling the capacity keeps the cost of copying linear.
      const grown = new Uint8Array(Math.max(Math.min(this.#bytes.length * 2, this.#limit), length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(run, this.#length);
    this.#length = length;
    return true;
  }

  /**
   * Returns the value as text, and leaves an empty value without a buffer in its place. Invalid UTF-8 becomes U+FFFD, as in the WHATWG
   * decoder. Returns `undefined` if the text is then larger than the limit.
   */
  takeText(): string | undefined {
    const text = this.#length === 0 ? "" : fromUtf8Lossy(this.#bytes.subarray(0, this.#length));
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    // A replacement may be longer than the bytes that it replaces.
    return text.includes("\ufffd") && byteLength(text) > this.#limit ? undefined : text;
  }
}

/**
 * The value of a `retry` field, of which only a part may have arrived: milliseconds held at 2⁵³ − 1, `undefined` if no digit has arrived,
 * and NaN if the value has other characters than digits, so that the field is ignored.
 */
export type Milliseconds = number | undefined;

/** Returns the value with further bytes. */
export function withDigits(value: Milliseconds, run: Uint8Array): Milliseconds {
  for (const byte of run) {
    value = byte >= 0x30 && byte <= 0x39 ? (value ?? 0) * 10 + byte - 0x30 : NaN;
    if (value > Number.MAX_SAFE_INTEGER) value = held(value);
  }
  return value;
}
