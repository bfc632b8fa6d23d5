import { MOST_STORED, SESSION, type StateStorage } from "./stored_state.ts";

/** The entry that lists the names of the others, the oldest one first. */
const INDEX = "fh:entries";
/** The maximum number of entries for features. */
const MOST_ENTRIES = 5;
/** The names of the entries for features, as `entryName` returns them. */
const NAME = /^fh:[\da-f]{64}:(?:0|[\da-f]{64})$/;

/** The entries of a storage that belong to clients. Several clients, also of other tabs, may write to the same storage. */
export class StateEntries {
  readonly #storage: StateStorage;

  constructor(storage: StateStorage) {
    this.#storage = storage;
  }

  /**
   * Writes an entry. The oldest entries are removed until five entries with at most a million characters are left, and further ones while the
   * storage has no room.
   *
   * @throws an error if the entry alone is too large, or if the storage refuses it
   */
  async write(name: string, text: string): Promise<void> {
    if (text.length > MOST_STORED) throw new Error("the features have more than a million characters");
    const kept: string[] = [];
    let room = MOST_STORED - text.length;
    for (const other of (await this.#names()).reverse()) {
      if (other === name) continue;
      room -= (await this.#storage.getItem(other))?.length ?? Infinity;
      if (room >= 0 && kept.length < MOST_ENTRIES - 1) kept.unshift(other);
      else {
        room = -1;
        await this.#storage.removeItem(other);
      }
    }
    for (;;) {
      try {
        await this.#storage.setItem(name, text);
        break;
      } catch (error) {
        const oldest = kept.shift();
        if (oldest === undefined) throw error;
        await this.#storage.removeItem(oldest);
      }
    }
    await this.#storage.setItem(INDEX, JSON.stringify([...kept, name]));
  }

  /** Removes all entries, also that of `storedSession`. */
  async clear(): Promise<void> {
    for (const name of [...(await this.#names()), INDEX, SESSION]) await this.#storage.removeItem(name);
  }

  /** Returns the names of the entries, the oldest one first, as far as it is known. */
  async #names(): Promise<string[]> {
    let listed: unknown;
    try {
      listed = JSON.parse((await this.#storage.getItem(INDEX)) ?? "[]");
    } catch {
      // The index is written anew with the next entry.
    }
    const known = Array.isArray(listed) ? (listed as unknown[]) : [];
    // `localStorage` also shows entries that another tab has added to the index meanwhile.
    const all = new Set([...Object.keys(this.#storage).filter((name) => !known.includes(name)), ...known]);
    return [...all].filter((name): name is string => typeof name === "string" && NAME.test(name));
  }
}
