import { type Attributes } from "../attributes.ts";
import type { EngineModule } from "./module.ts";
import { join } from "./texts.ts";

/**
 * Maximum number of contexts in an instance. The collector of garbage may leave unreachable objects for a long time, and the memory of an
 * instance never shrinks.
 */
const MOST = 1024;

/** A context in an instance of the engine. */
interface EngineContext {
  handle: number;
  isFreed: boolean;
}

/**
 * The handles of contexts in one instance of the engine. A handle is freed when the object of its context is unreachable, and when there are
 * too many newer ones. A context whose handle was freed gets another one when it is used again.
 */
export class Contexts {
  readonly #module: EngineModule;
  readonly #known = new WeakMap<Attributes, EngineContext>();
  /** The contexts in the instance, the oldest first. */
  readonly #contexts = new Set<EngineContext>();
  readonly #unreachable: FinalizationRegistry<EngineContext>;

  constructor(module: EngineModule, isCurrent: () => boolean) {
    this.#module = module;
    this.#unreachable = new FinalizationRegistry((context) => {
      // The handles of an instance that was replaced name other contexts now.
      if (isCurrent()) this.#free(context);
    });
  }

  /** Returns the handle of a context, which is made if there is none; 0 for no context. The handle is valid until the next call. */
  handle(attributes: Attributes | undefined): number {
    if (attributes === undefined) return 0;
    const known = this.#known.get(attributes);
    if (known?.isFreed === false) return known.handle;
    const [oldest] = this.#contexts;
    if (oldest !== undefined && this.#contexts.size >= MOST) this.#free(oldest);
    const context = known ?? this.#remember(attributes);
    context.handle = this.#module.make_context(asText(attributes));
    context.isFreed = false;
    this.#contexts.add(context);
    return context.handle;
  }

  /** Registers the object of a context once, because the registry keeps each registration until the object is unreachable. */
  #remember(attributes: Attributes): EngineContext {
    const context = { handle: 0, isFreed: true };
    this.#known.set(attributes, context);
    this.#unreachable.register(attributes, context);
    return context;
  }

  #free(context: EngineContext): void {
    if (context.isFreed) return;
    context.isFreed = true;
    this.#contexts.delete(context);
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
