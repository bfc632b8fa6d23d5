/** Returns the value of a parser, or fails with the reason that took its place. */
export function valid<T extends object>(value: T | string): T {
  if (typeof value === "string") throw new Error(value);
  return value;
}
