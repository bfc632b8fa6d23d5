import { isObject, parse } from "../text/json.ts";
import { environmentsOf, FORMAT, type SavedFeatures, type SnapshotOwner } from "./snapshot_owner.ts";

/**
 * A place in which a client keeps its last features, such as `localStorage`. The methods may also be asynchronous: then
 * each has 10 seconds for its answer. A failure is reported as a notice.
 *
 * @example
 * ```ts
 * const texts = new Map<string, string>();
 * const storage: StateStorage = {
 *   getItem: (name) => texts.get(name) ?? null,
 *   setItem: (name, value) => texts.set(name, value),
 *   removeItem: (name) => texts.delete(name),
 * };
 * ```
 */
export interface StateStorage {
  /** Returns the text of an entry; null if there is none. */
  getItem(name: string): string | null | Promise<string | null>;
  /** Writes an entry. An error is reported as a notice. */
  setItem(name: string, value: string): unknown;
  /** Removes an entry, if there is one. */
  removeItem(name: string): unknown;
}

/** The maximum size in characters of an entry, and of all entries. */
export const MOST_STORED = 1_000_000;

/** The name of the entry of `storedSession`. */
export const SESSION = "fh:session";

/** Returns the name of the entry for the features of an owner. It holds digests, and neither a key nor an attribute. */
export function entryName({ keys, context }: Pick<SnapshotOwner, "keys" | "context">): string {
  return `fh:${keys}:${context}`;
}

/** Returns the features of an entry; `undefined` if they cannot be used. `snapshot_form.ts` finds the reason. */
export function readEntry(entry: unknown, owner: SnapshotOwner, oldest: number): SavedFeatures | undefined {
  if (typeof entry !== "string" || entry.length > MOST_STORED) return undefined;
  const document = parse(entry);
  if (!isObject(document) || document["format"] !== FORMAT) return undefined;
  for (const name of ["kind", "keys", "context"] as const)
    if (document[name] !== owner[name]) return undefined;
  const savedAt = Date.parse(document["savedAt"] as string);
  const environments = savedAt >= oldest && environmentsOf(entry);
  return environments ? { savedAt, environments } : undefined;
}
