/** Throws the error that a name of the published SDKs is left out, and names its replacement. */
export function leftOut(name: string, instead: string): never {
  throw new Error(`fh-client/featurehub has no ${name}: ${instead}`);
}

/** A class of the published SDKs that is left out. */
export type LeftOutClass = new (...values: unknown[]) => object;

/** Returns a class whose constructor throws, and so does an assignment to one of its static members. */
export function leftOutClass(name: string, instead: string, ...statics: string[]): LeftOutClass {
  const absent = function (): never {
    return leftOut(name, instead);
  };
  const set = (): never => leftOut(name, instead);
  for (const member of statics) Object.defineProperty(absent, member, { get: set, set });
  return absent as unknown as LeftOutClass;
}
