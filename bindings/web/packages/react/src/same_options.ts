/**
 * Returns true if two renderings of a provider give the same options. Parts that are the same object are equal, whatever they contain.
 * Other objects are equal if their members are, because a rendering may make its options anew. For the same reason, functions are equal.
 *
 * @param former - the options of one rendering, which may refer to themselves
 */
export function sameOptions(former: unknown, next: unknown): boolean {
  return isSame(former, next, new Map());
}

function isSame(former: unknown, next: unknown, begun: Map<object, object[]>): boolean {
  if (Object.is(former, next)) return true;
  if (typeof former === "function") return typeof next === "function";
  if (!isObject(former) || !isObject(next) || ArrayBuffer.isView(former)) return false;
  if (Object.getPrototypeOf(former) !== Object.getPrototypeOf(next)) return false;
  // A pair whose comparison has begun is equal unless the rest differs, so that circular references end.
  const compared = begun.get(former) ?? [];
  if (compared.includes(next)) return true;
  begun.set(former, [...compared, next]);
  const names = namesOf(former);
  return (
    names.length === namesOf(next).length && names.every((name) => isSame(former[name], next[name], begun))
  );
}

function isObject(part: unknown): part is Record<string, unknown> {
  return typeof part === "object" && part !== null;
}

/** Returns the names of the members. A member that is `undefined` is a missing one. */
function namesOf(part: Record<string, unknown>): string[] {
  return Object.keys(part).filter((name) => part[name] !== undefined);
}
