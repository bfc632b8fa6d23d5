/**
 * The attributes of a context: the names in the order in which they first appeared, each with one or more values. All texts are
 * well-formed. A map of this type never changes.
 */
export type Attributes = ReadonlyMap<string, readonly string[]>;

/**
 * The attributes of a context, with what the readers of features remember about them. A `WeakMap` by attributes in its place makes each new
 * context slower, and each collection of garbage.
 */
export class ContextAttributes extends Map<string, string[]> {
  #answers: unknown;
  #inEngine: unknown;

  /** The answers of the snapshot that was read last with these attributes. */
  get answers(): unknown {
    return this.#answers;
  }
  set answers(answers: unknown) {
    this.#answers = answers;
  }

  /** The context with these attributes in the engine that evaluated it last. */
  get inEngine(): unknown {
    return this.#inEngine;
  }
  set inEngine(context: unknown) {
    this.#inEngine = context;
  }
}

/** The context without attributes. */
export const NO_ATTRIBUTES: Attributes = new Map();

/**
 * Returns true if both contexts have the same attributes, with the same values in the same order. The order of attributes does not
 * count.
 */
export function sameAttributes(left: Attributes, right: Attributes): boolean {
  if (left === right) return true;
  if (left.size !== right.size) return false;
  for (const [name, values] of left) {
    const others = right.get(name);
    if (others?.length !== values.length || !values.every((value, at) => value === others[at])) return false;
  }
  return true;
}
