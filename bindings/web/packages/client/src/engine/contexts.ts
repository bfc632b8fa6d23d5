import type { GivenAttributes } from "../attributes.ts";
import type { OnMissing } from "../repository/engine.ts";
import type { EngineModule } from "./module.ts";
import { ALL_READ } from "./results.ts";

/** Maximum number of contexts in an instance, whose memory never shrinks. */
const MOST = 256;
/** Maximum length of the texts of all contexts in an instance together, apart from a single longer context. */
const MOST_TEXT = 1_000_000;
/** Maximum length of the texts of a context whose memory the next one uses. */
const MOST_REUSED = 4096;
/** The size of the module's buffer for values in bytes, and the largest length of a text in it. */
const BUFFER_SIZE = 1024;
const LONGEST = 255;

/** The attributes of which the first one that a context has is the default key of percentages. An instance gives them the first two bits. */
export const KEYS = ["session", "userkey"] as const;
const KEY_BITS = 0b11;

/** A context in an instance of the engine. */
class EngineContext {
  readonly owner: Contexts;
  handle: number;
  /** The attributes that the engine has, as bits. Without any, the engine may have those of a former context. */
  has = 0;
  /** The length of their texts, apart from those that crossed through the buffer. */
  length = 0;
  isFreed = false;

  constructor(owner: Contexts, handle: number) {
    this.owner = owner;
    this.handle = handle;
  }
}

/**
 * The contexts in one instance of the engine. An attribute crosses into the engine when a feature that reads it is evaluated: short texts
 * cross through a buffer in the module's memory, in the call that evaluates. A context that is read first uses the same handle as the one before
 * it, and gets a handle of its own when it is read again after another one. The oldest contexts are freed when there are too many.
 */
export class Contexts {
  readonly #module: EngineModule;
  /** The names of the attributes by the positions of their bits. */
  readonly #names: readonly string[];
  /** The numbers that the instance has given to the names. */
  readonly #numbers: number[] = [];
  /** The buffer. It has no length before the first use, and after the memory of the module has grown. */
  #buffer = new Uint8Array(0);
  /** The attributes that the context in the buffer lacks. */
  #absent = 0;
  /** The context for first reads, and the attributes that it has. */
  readonly #first = new EngineContext(this, 0);
  #read: GivenAttributes | undefined;
  /** The other contexts in the order in which they were made, from the position `#oldest` on and then from 0 on. */
  readonly #contexts: (EngineContext | undefined)[] = Array.from({ length: MOST }, () => undefined);
  #oldest = 0;
  /** The length of the texts of all contexts. */
  #length = 0;

  /** @param names - the names of the attributes of which the bits of `reads` are the positions. The list may grow. */
  constructor(module: EngineModule, names: readonly string[]) {
    this.#module = module;
    this.#names = names;
  }

  /**
   * Evaluates a feature, which reads the attributes `reads`, and returns the number of the result. `onMissing` gets those attributes that the
   * context lacks, once for a handle.
   */
  evaluate(
    ruleset: number,
    feature: number,
    attributes: GivenAttributes | undefined,
    reads: number,
    now: number,
    onMissing?: OnMissing,
  ): number {
    const module = this.#module;
    if (attributes === undefined) return module.evaluate(ruleset, feature, 0, now);
    const context = this.#contextOf(attributes);
    const missing = reads & ~context.has;
    if (missing === 0) return module.evaluate(ruleset, feature, context.handle, now);
    const length = context.has === 0 && reads > 0 ? this.#write(attributes, reads) : -1;
    let absent = length < 0 ? this.#add(context, attributes, missing) : this.#absent;
    context.has |= missing;
    // A context with one of the two keys lacks none. Most contexts have the second one only.
    if ((absent & KEY_BITS) !== 0 && hasKey(attributes)) absent &= ~KEY_BITS;
    if (absent !== 0 && onMissing !== undefined) {
      for (let left = absent; left !== 0; left &= left - 1)
        onMissing(this.#names[positionIn(left)] ?? "", attributes);
      // The report may have read another context, with the buffer.
      if (length >= 0) context.has = 0;
      return this.evaluate(ruleset, feature, attributes, reads, now);
    }
    if (length < 0) return module.evaluate(ruleset, feature, context.handle, now);
    return module.evaluate_values(ruleset, feature, context.handle, now, length);
  }

  /** Returns the handle of a context with all attributes; 0 for no context. The handle is valid until the next call. */
  handle(attributes: GivenAttributes | undefined): number {
    if (attributes === undefined) return 0;
    const context = this.#contextOf(attributes);
    if (context.has !== ALL_READ) this.#add(context, attributes, ALL_READ);
    context.has = ALL_READ;
    return context.handle;
  }

  #contextOf(attributes: GivenAttributes): EngineContext {
    if (this.#read === attributes) return this.#first;
    const known = attributes.inEngine;
    if (known === this) return (attributes.inEngine = this.#make());
    if (known instanceof EngineContext && known.owner === this && !known.isFreed) return known;
    attributes.inEngine = this;
    this.#read = attributes;
    const first = this.#first;
    first.handle = this.#reused(first);
    this.#length -= first.length;
    first.has = first.length = 0;
    return first;
  }

  /**
   * Writes the attributes `reads` into the buffer, and returns their length there. Returns a negative number if they do not fit, because there are
   * lists, long texts, or other characters than those of ASCII.
   */
  #write({ given }: GivenAttributes, reads: number): number {
    if (this.#buffer.length === 0)
      this.#buffer = new Uint8Array(
        this.#module.initSync({}).memory.buffer,
        this.#module.buffer(),
        BUFFER_SIZE,
      );
    const buffer = this.#buffer;
    let length = 0;
    let absent = reads;
    for (let left = reads; left !== 0; left &= left - 1) {
      const position = positionIn(left);
      const name = this.#names[position] ?? "";
      const number = (this.#numbers[position] ??= this.#module.name_attribute(name));
      for (let at = 0; at < given.length; at += 2) {
        if (given[at] !== name) continue;
        const value = given[at + 1] as string | readonly string[];
        if (typeof value !== "string" || value.length > LONGEST) return -1;
        absent &= ~(1 << position);
        buffer[length++] = number;
        buffer[length++] = value.length;
        for (let each = 0; each < value.length; each++) {
          const code = value.charCodeAt(each);
          if (code > 0x7f) return -1;
          buffer[length++] = code;
        }
      }
    }
    this.#absent = absent;
    // Bytes behind the buffer were not written, nor those after a new name for which the memory grew.
    return length > buffer.length ? -1 : length;
  }

  #make(): EngineContext {
    const place = this.#oldest;
    this.#oldest = (place + 1) % MOST;
    return (this.#contexts[place] = new EngineContext(this, this.#reused(this.#forget(place))));
  }

  /** Returns the handle of a former context, whose memory the next one uses, unless that is much. */
  #reused({ handle = 0, length = 0 }: { handle?: number; length?: number } = {}): number {
    if (length > MOST_REUSED) this.#module.free_context(handle);
    return length > MOST_REUSED || handle === 0 ? this.#module.clear_context(0) : handle;
  }

  /** Adds attributes that the engine does not have. Returns those that the context does not have either. */
  #add(context: EngineContext, attributes: GivenAttributes, missing: number): number {
    if (missing < 0 || context.has === 0) {
      this.#module.clear_context(context.handle);
      this.#grow(context, -context.length);
    }
    if (missing < 0) {
      for (const [name, values] of attributes.map) this.#addValues(context, name, values);
      return 0;
    }
    const { given } = attributes;
    let absent = missing;
    for (let left = missing; left !== 0; left &= left - 1) {
      const position = positionIn(left);
      const name = this.#names[position] ?? "";
      for (let at = 0; at < given.length; at += 2) {
        if (given[at] !== name) continue;
        absent &= ~(1 << position);
        const values = given[at + 1] ?? [];
        this.#addValues(context, name, typeof values === "string" ? [values] : values);
      }
    }
    return absent;
  }

  #addValues(context: EngineContext, name: string, values: readonly string[]): void {
    for (const value of values) {
      this.#grow(context, name.length + value.length);
      this.#module.add_attribute(context.handle, name, value);
    }
  }

  /** Counts further texts of a context, and frees the oldest others until these texts fit. */
  #grow(context: EngineContext, length: number): void {
    context.length += length;
    this.#length += length;
    for (let next = 0; next < MOST && this.#length > MOST_TEXT; next++) {
      const place = (this.#oldest + next) % MOST;
      const other = this.#contexts[place] === context ? undefined : this.#forget(place);
      if (other) this.#module.free_context(other.handle);
    }
  }

  /** Removes the context at this place, and returns it. Its handle is not freed. */
  #forget(place: number): EngineContext | undefined {
    const context = this.#contexts[place];
    if (context) {
      this.#contexts[place] = undefined;
      this.#length -= context.length;
      context.isFreed = true;
    }
    return context;
  }
}

function hasKey({ given }: GivenAttributes): boolean {
  for (let at = 0; at < given.length; at += 2)
    if (given[at] === KEYS[1] || given[at] === KEYS[0]) return true;
  return false;
}

/** Returns the position of the lowest bit. */
function positionIn(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
