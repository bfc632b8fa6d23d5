import type { Attributes, GivenAttributes } from "../attributes.ts";
import type { OnMissing } from "../repository/engine.ts";
import type { EngineModule } from "./module.ts";
import { ALL_READ } from "./results.ts";

/** Maximum number of contexts in an instance, whose memory never shrinks. */
const MOST = 256;
/** Maximum length of the texts of all contexts in an instance together, apart from a single longer context. */
const MOST_TEXT = 1_000_000;
/** Maximum length of the texts of a context whose memory the next one uses. */
const MOST_REUSED = 4096;

/** The attributes of which the first one that a context has is the default key of percentages. */
const KEYS = ["session", "userkey"];

/** A context in an instance of the engine. */
class EngineContext {
  readonly owner: Contexts;
  handle: number;
  /** The attributes that the engine has, as bits. */
  has = 0;
  /** The length of their texts. */
  length = 0;
  isFreed = false;

  constructor(owner: Contexts, handle: number) {
    this.owner = owner;
    this.handle = handle;
  }
}

/**
 * The handles of contexts in one instance of the engine. An attribute crosses into the engine when a feature that reads it is evaluated. A
 * context that is read first uses the same handle as the one before it, and gets a handle of its own when it is read again after another one. The
 * oldest contexts are freed when there are too many.
 */
export class Contexts {
  readonly #module: EngineModule;
  /** The names of the attributes by the positions of their bits. */
  readonly #names: readonly string[];
  /** The numbers that the instance has given to the names. */
  readonly #numbers: number[] = [];
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
   * Returns the handle of a context; 0 for no context. The engine has at least the attributes `reads` of the context, or all by default. The
   * handle is valid until the next call. `onMissing` gets the attributes `reads` that the context lacks, once for a handle.
   */
  handle(attributes: GivenAttributes | undefined, reads = ALL_READ, onMissing?: OnMissing): number {
    if (attributes === undefined) return 0;
    const context = this.#read === attributes ? this.#first : this.#contextOf(attributes);
    const missing = reads & ~context.has;
    if (missing === 0) return context.handle;
    const absent = this.#add(context, attributes, missing);
    if (absent === 0 || onMissing === undefined) return context.handle;
    for (let left = absent; left !== 0; left &= left - 1) {
      const name = this.#names[positionIn(left)] ?? "";
      // A context with one of the two keys lacks none. Most contexts have the second one only.
      if (!KEYS.includes(name) || !hasKey(attributes)) onMissing(name, attributes);
    }
    // The report may have read another context.
    return this.handle(attributes, reads);
  }

  #contextOf(attributes: GivenAttributes): EngineContext {
    const known = attributes.inEngine;
    if (known === this) return (attributes.inEngine = this.#make());
    if (known instanceof EngineContext && known.owner === this && !known.isFreed) return known;
    attributes.inEngine = this;
    this.#read = attributes;
    const first = this.#first;
    first.handle = this.#cleared(first);
    this.#length -= first.length;
    first.has = first.length = 0;
    return first;
  }

  #make(): EngineContext {
    const place = this.#oldest;
    this.#oldest = (place + 1) % MOST;
    return (this.#contexts[place] = new EngineContext(this, this.#cleared(this.#forget(place))));
  }

  /** Returns the handle of a context without attributes: that of a former one, whose memory it uses, unless that is much. */
  #cleared({ handle = 0, length = 0 }: { handle?: number; length?: number } = {}): number {
    if (length <= MOST_REUSED) return this.#module.clear_context(handle);
    this.#module.free_context(handle);
    return this.#module.clear_context(0);
  }

  /** Adds attributes that the engine does not have. Returns those that the context does not have either. */
  #add(context: EngineContext, attributes: GivenAttributes, missing: number): number {
    context.has |= missing;
    if (missing < 0) {
      this.#addAll(context, attributes.map);
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
        if (typeof values === "string") this.#addValue(context, position, name, values);
        else for (const value of values) this.#addValue(context, position, name, value);
      }
    }
    return absent;
  }

  #addValue(context: EngineContext, position: number, name: string, value: string): void {
    this.#grow(context, value.length);
    const number = (this.#numbers[position] ??= this.#module.name_attribute(name));
    this.#module.add_value(context.handle, number, value);
  }

  /** Gives the context all attributes. */
  #addAll(context: EngineContext, attributes: Attributes): void {
    const { handle } = context;
    this.#module.clear_context(handle);
    this.#grow(context, -context.length);
    for (const [name, values] of attributes) {
      for (const value of values) {
        this.#grow(context, name.length + value.length);
        this.#module.add_attribute(handle, name, value);
      }
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
  for (let at = 0; at < given.length; at += 2) if (KEYS.includes(given[at] as string)) return true;
  return false;
}

/** Returns the position of the lowest bit. */
function positionIn(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
