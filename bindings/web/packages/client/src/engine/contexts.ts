import { type Attributes, ContextAttributes } from "../attributes.ts";
import type { EngineModule } from "./module.ts";
import { join } from "./texts.ts";

/** Maximum number of contexts in an instance, whose memory never shrinks. */
const MOST = 256;
/** Maximum length of the texts of all contexts in an instance together, apart from a single longer context. */
const MOST_TEXT = 1_000_000;

/** A context in an instance of the engine. */
class EngineContext {
  readonly owner: Contexts;
  readonly handle: number;
  /** The length of its text. */
  readonly length: number;
  isFreed = false;

  constructor(owner: Contexts, handle: number, length: number) {
    this.owner = owner;
    this.handle = handle;
    this.length = length;
  }
}

/**
 * The handles of contexts in one instance of the engine. The oldest contexts are freed when there are too many. A context whose handle was
 * freed gets another one when it is used again.
 */
export class Contexts {
  readonly #module: EngineModule;
  /** The contexts in the order in which they were made, from the position `#oldest` on and then from 0 on. */
  readonly #contexts: (EngineContext | undefined)[] = Array.from({ length: MOST }, () => undefined);
  #oldest = 0;
  /** The length of the texts of all contexts. */
  #length = 0;

  constructor(module: EngineModule) {
    this.#module = module;
  }

  /** Returns the handle of a context, which is made if there is none; 0 for no context. The handle is valid until the next call. */
  handle(attributes: Attributes | undefined): number {
    if (attributes === undefined) return 0;
    const holder = attributes instanceof ContextAttributes ? attributes : undefined;
    const known = holder?.inEngine;
    if (known instanceof EngineContext && known.owner === this && !known.isFreed) return known.handle;
    const context = this.#make(attributes);
    if (holder) holder.inEngine = context;
    return context.handle;
  }

  #make(attributes: Attributes): EngineContext {
    const text = asText(attributes);
    this.#free(this.#oldest);
    for (let next = 1; next < MOST && this.#length > 0 && this.#length + text.length > MOST_TEXT; next++)
      this.#free((this.#oldest + next) % MOST);
    const context = new EngineContext(this, this.#module.make_context(text), text.length);
    this.#contexts[this.#oldest] = context;
    this.#oldest = (this.#oldest + 1) % MOST;
    this.#length += text.length;
    return context;
  }

  #free(place: number): void {
    const context = this.#contexts[place];
    if (context === undefined) return;
    this.#contexts[place] = undefined;
    this.#length -= context.length;
    context.isFreed = true;
    this.#module.free_context(context.handle);
  }
}

/** Returns the attributes of a context as alternating names and values. */
function asText(attributes: Attributes): string {
  const texts: string[] = [];
  for (const [name, values] of attributes) {
    for (const value of values) texts.push(name, value);
  }
  return join(texts);
}
