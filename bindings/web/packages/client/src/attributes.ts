/**
 * The attributes of a context: the names in the order in which they first appeared, each with one or more values. All texts are
 * well-formed. A map of this type never changes.
 */
export type Attributes = ReadonlyMap<string, readonly string[]>;

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
