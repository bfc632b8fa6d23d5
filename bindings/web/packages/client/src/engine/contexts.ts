import { type Attributes } from "../attributes.ts";
import type { EngineModule } from "./module.ts";
import { join } from "./texts.ts";

/**
 * The handles of contexts in one instance of the engine. A handle is freed when the object of its context is unreachable.
 */
export class Contexts {
  readonly #module: EngineModule;
  readonly #handles = new WeakMap<Attributes, number>();
  readonly #unreachable: FinalizationRegistry<number>;

  constructor(module: EngineModule, isCurrent: () => boolean) {
    this.#module = module;
    this.#unreachable = new FinalizationRegistry((handle) => {
      // The handles of an instance that was replaced name other contexts now.
      if (isCurrent()) module.free_context(handle);
    });
  }

  /** Returns the handle of a context, which is made at the first call; 0 for no context. */
  handle(attributes: Attributes | undefined): number {
    if (attributes === undefined) return 0;
    const known = this.#handles.get(attributes);
    if (known !== undefined) return known;
    const handle = this.#module.make_context(asText(attributes));
    this.#handles.set(attributes, handle);
    this.#unreachable.register(attributes, handle);
    return handle;
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
