import { type Attributes, ContextAttributes } from "../attributes.ts";
import type { OnMissing } from "../repository/engine.ts";
import type { EngineModule } from "./module.ts";
import { ALL_READ } from "./results.ts";

/** Maximum number of contexts in an instance, whose memory never shrinks. */
const MOST = 256;
/** Maximum length of the texts of all contexts in an instance together, apart from a single longer context. */
const MOST_TEXT = 1_000_000;
/** Maximum length of the texts of a context whose memory the next one uses. */
const MOST_REUSED = 4096;

/** A context in an instance of the engine. */
class EngineContext {
  readonly owner: Contexts;
  readonly handle: number;
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
 * The handles of contexts in one instance of the engine. An attribute crosses into the engine when a feature that reads it is evaluated. The
 * oldest contexts are freed when there are too many. A context whose handle was freed gets another one when it is used again.
 */
export class Contexts {
  readonly #module: EngineModule;
  /** The names of the attributes by the positions of their bits. */
  readonly #names: readonly string[];
  /** The numbers that the instance has given to the names. */
  readonly #numbers: number[] = [];
  /** The contexts in the order in which they were made, from the position `#oldest` on and then from 0 on. */
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
   * Returns the handle of a context, which is made if there is none; 0 for no context. The engine has at least the attributes `reads` of the
   * context, or all by default. The handle is valid until the next call. `onMissing` gets the attributes `reads` that the context lacks,
   * once for a handle.
   */
  handle(attributes: Attributes | undefined, reads = ALL_READ, onMissing?: OnMissing): number {
    if (attributes === undefined) return 0;
    const holder = attributes instanceof ContextAttributes ? attributes : undefined;
    const known = holder?.inEngine;
    if (known instanceof EngineContext && known.owner === this && !known.isFreed) {
      if ((reads & ~known.has) !== 0) this.#add(known, attributes, reads, onMissing);
      return known.handle;
    }
    const context = this.#make(attributes, reads, onMissing);
    if (holder) holder.inEngine = context;
    return context.handle;
  }

  #make(attributes: Attributes, reads: number, onMissing: OnMissing | undefined): EngineContext {
    const place = this.#oldest;
    this.#oldest = (place + 1) % MOST;
    const context = new EngineContext(this, this.#handleAt(place));
    this.#contexts[place] = context;
    this.#add(context, attributes, reads, onMissing);
    return context;
  }

  /** Returns the handle of a context without attributes: that of the context at this place, whose memory it uses, unless that is much. */
  #handleAt(place: number): number {
    const { handle = 0, length = 0 } = this.#forget(place) ?? {};
    if (length <= MOST_REUSED) return this.#module.clear_context(handle);
    this.#module.free_context(handle);
    return this.#module.clear_context(0);
  }

  /** Adds the attributes `reads` that the engine does not have. */
  #add(
    context: EngineContext,
    attributes: Attributes,
    reads: number,
    onMissing: OnMissing | undefined,
  ): void {
    let missing = reads & ~context.has;
    if (missing < 0) {
      this.#addAll(context, attributes);
      missing = 0;
    }
    for (; missing !== 0; missing &= missing - 1) {
      const position = 31 - Math.clz32(missing & -missing);
      const name = this.#names[position] ?? "";
      const values = attributes.get(name);
      if (!values) onMissing?.(name, attributes);
      for (const value of values ?? []) {
        this.#grow(context, value.length);
        const number = (this.#numbers[position] ??= this.#module.name_attribute(name));
        this.#module.add_value(context.handle, number, value);
      }
    }
    context.has |= reads;
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
