import { wellFormed } from "./text/text.ts";

/**
 * The attributes of a context: the names in the order in which they first appeared, each with one or more values. All texts are
 * well-formed. A map of this type never changes.
 */
export type Attributes = ReadonlyMap<string, readonly string[]>;

/**
 * The attributes of a context as the program gave them, with what the readers of features remember about them. A context of one request often
 * reads one feature, so the map is made when something asks for it.
 */
export class GivenAttributes {
  /** The names, each followed by its value or its values. A name may occur again, and texts may have lone surrogates. */
  readonly given: readonly (string | readonly string[])[];
  /** The answers of the snapshot that was read last with these attributes. A `WeakMap` makes each new context slower. */
  answers: unknown;
  /** The context with these attributes in the engine that evaluated it last. */
  inEngine: unknown;
  #map: Attributes | undefined;

  constructor(given: readonly (string | readonly string[])[]) {
    this.given = given;
  }

  /** The attributes by their names. */
  get map(): Attributes {
    const { given } = this;
    if (this.#map) return this.#map;
    const map = (this.#map = new Map<string, readonly string[]>());
    for (let at = 0; at < given.length; at += 2) {
      const name = wellFormed(given[at] as string);
      map.set(name, [map.get(name) ?? [], given[at + 1] ?? []].flat().map(wellFormed));
    }
    return map;
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
