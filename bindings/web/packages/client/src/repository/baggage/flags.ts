import { byteLength } from "../../text/text.ts";
import type { Value } from "../value.ts";
import { carried, decodeValue, parseItem, writeItem } from "./format.ts";
import { MOST_BYTES, NAME } from "./mod.ts";

/** Maximum number of keys that are recorded as left out. Further keys are only counted. */
const NAMED = 32;

/** The result of {@link Flags.add}: the value was added, the feature already had a value, or there was no room. */
export type Added = "yes" | "was_there" | "left_out";

/** The values that were left out, because the baggage had no room for them or a text was too long. */
export interface LeftOut {
  /** Number of values that were left out. */
  readonly count: number;
  /** The keys of the first 32 values that were left out. */
  readonly keys: readonly string[];
}

/**
 * Values of features in the form in which baggage carries them. Each key occurs once and keeps its first value, so that all
 * services that handle a request see the value that the first service saw.
 *
 * @example
 * ```ts
 * const flags = Flags.parse("NEW_CHECKOUT=true");
 * flags.add("BANNER", "hello there"); // "yes"
 * String(flags); // "BANNER=hello%20there,NEW_CHECKOUT=true"
 * ```
 */
export class Flags {
  readonly #items = new Map<string, string | undefined>();
  readonly #leftOut: string[] = [];
  #leftOutCount = 0;
  #room: number;

  /**
   * Creates an empty set for a baggage entry of at most `bytes` bytes, including the entry's name. Give less than the whole size
   * of baggage if the baggage has other entries as well.
   */
  constructor(bytes: number = MOST_BYTES) {
    // The entry's name and `=` count towards the size as well.
    this.#room = Math.max(bytes - NAME.length - 1, 0);
  }

  /**
   * Parses the value of a baggage entry. If a key occurs twice, the first value is kept. Items that end after the first
   * {@link MOST_BYTES} bytes are left out.
   */
  static parse(text: string): Flags {
    const flags = new Flags();
    flags.merge(text);
    return flags;
  }

  /**
   * Adds the items of a baggage entry's value even if the set has no room for them, because the baggage has carried them before. A
   * key that the set already has keeps its value. Items that end after the first {@link MOST_BYTES} bytes are left out.
   */
  merge(text: string): void {
    let read = 0;
    for (const piece of text.split(",")) {
      read += byteLength(piece);
      const item = parseItem(piece);
      if (item === undefined) continue;
      const [key, value] = item;
      if (read > MOST_BYTES) {
        this.#leaveOut(key);
      } else if (!this.#items.has(key)) {
        this.#put(key, value === undefined ? undefined : decodeValue(value));
      }
      // The comma after the item is read too.
      read++;
    }
  }

  /**
   * Adds the value of a feature, unless the set has a value of this feature. A value for which the set has no room is left out, and
   * so is a value with an empty key. `undefined` means null.
   */
  add(key: string, value: Value | undefined): Added {
    if (key === "") return "left_out";
    if (this.#items.has(key)) return "was_there";
    const text = value === undefined ? undefined : String(value);
    if (this.#size(key, text) > this.#room) {
      this.#leaveOut(key);
      return "left_out";
    }
    this.#put(key, text);
    return "yes";
  }

  /** Returns true if the set has a value of the feature with this key. */
  has(key: string): boolean {
    return this.#items.has(key);
  }

  /** Returns the value of the feature with this key; `undefined` if it is null or the set has no value of the feature. */
  get(key: string): string | undefined {
    return this.#items.get(key);
  }

  /** Returns all keys and values, sorted by the UTF-16 units of the keys, because published SDKs sort in this order. */
  entries(): [key: string, value: string | undefined][] {
    return [...this.#items].sort(([left], [right]) => (left < right ? -1 : 1));
  }

  /** The values that were left out. */
  get leftOut(): LeftOut {
    return { count: this.#leftOutCount, keys: this.#leftOut };
  }

  /** Returns the value of the baggage entry. */
  toString(): string {
    return this.entries()
      .map(([key, value]) => writeItem(key, value))
      .join(",");
  }

  /** Returns the maximum number of bytes by which a new item extends the baggage, including a comma. */
  #size(key: string, value: string | undefined): number {
    return carried((this.#items.size > 0 ? "," : "") + writeItem(key, value));
  }

  #put(key: string, value: string | undefined): void {
    this.#room = Math.max(this.#room - this.#size(key, value), 0);
    this.#items.set(key, value);
  }

  #leaveOut(key: string): void {
    this.#leftOutCount++;
    if (this.#leftOut.length < NAMED) this.#leftOut.push(key);
  }
}
