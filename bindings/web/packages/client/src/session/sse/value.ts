import { held } from "../../text/json.ts";
import { byteLength, textOf } from "../../text/text.ts";

/** The platform's weak reference. The pure modules are compiled without the types of a platform. */
declare const WeakRef: new <T extends object>(target: T) => { deref(): T | undefined };

/** The size in bytes of the blocks of a large value. */
const BLOCK = 64 * 1024;

/**
 * Blocks that no value uses. A hostile stream fills the blocks of one value after the other, and the engine of JavaScript would free those of
 * former values too late. The reference is weak, so that blocks which nothing uses are freed at last.
 */
let spare = new WeakRef<Uint8Array[]>([]);

/** Bytes that arrive in parts. The number of bytes is limited. */
export class Value {
  #blocks: Uint8Array[] = [];
  /** Number of bytes in the last block. */
  #used = 0;
  #length = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns true if the value contains this byte. */
  includes(byte: number): boolean {
    return this.#pieces().some((piece) => piece.includes(byte));
  }

  /** Removes all bytes. */
  clear(): void {
    const free = this.#blocks.filter(({ length }) => length === BLOCK);
    if (free.length > 0) spare = new WeakRef([...(spare.deref() ?? []), ...free]);
    this.#blocks = [];
    this.#used = this.#length = 0;
  }

  /** Adds a copy of bytes. Returns false if the value would exceed its limit. */
  push(run: Uint8Array): boolean {
    if (this.#length + run.length > this.#limit) return false;
    for (let at = 0; at < run.length;) {
      let block = this.#blocks.at(-1);
      if (block === undefined || this.#used === block.length) {
        // A block is as large as all before it, so that small values need little memory, and no byte is copied twice.
        const size = Math.min(Math.max(this.#length, run.length - at, 64), BLOCK);
        block = (size === BLOCK ? spare.deref()?.pop() : undefined) ?? new Uint8Array(size);
        this.#blocks.push(block);
        this.#used = 0;
      }
      const part = run.subarray(at, at + block.length - this.#used);
      block.set(part, this.#used);
      this.#used += part.length;
      this.#length += part.length;
      at += part.length;
    }
    return true;
  }

  /**
   * Returns the value as text, and removes all bytes. Invalid UTF-8 becomes U+FFFD, as in the WHATWG decoder; if `isStrict` is true, there
   * is no text then. Returns `undefined` if there is no text, or if the text is larger than the limit.
   */
  takeText(isStrict = false): string | undefined {
    const text = textOf(this.#pieces(), isStrict);
    this.clear();
    // A replacement may be longer than the bytes that it replaces.
    return text?.includes("\ufffd") && byteLength(text) > this.#limit ? undefined : text;
  }

  #pieces(): Uint8Array[] {
    const last = this.#blocks.length - 1;
    return this.#blocks.map((block, at) => (at < last ? block : block.subarray(0, this.#used)));
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
