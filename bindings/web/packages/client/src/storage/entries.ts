import { MOST_STORED, SESSION, type StateStorage } from "./stored_state.ts";

/** The entry that lists the names of the others, the oldest one first. */
const INDEX = "fh:entries";
/** The maximum number of entries for features. */
const MOST_ENTRIES = 5;
/** The names of the entries for features, as `entryName` returns them. */
const NAME = /^fh:[\da-f]{64}:(?:0|[\da-f]{64})$/;

/** The time limit in milliseconds for each answer of an asynchronous storage. */
const LIMIT = 10_000;

/**
 * Returns the answer of a storage.
 *
 * @throws an error if its promise is not settled within 10 seconds
 */
export async function inTime<T>(answer: T | PromiseLike<T>): Promise<T> {
  if (typeof (answer as Partial<PromiseLike<T>> | null | undefined)?.then !== "function") return answer;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error("it has not answered for 10 seconds"));
    }, LIMIT);
    // The wait for a storage need not keep a program in Node running.
    (timer as { unref?: () => void }).unref?.();
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

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
    for (const other of this.#names(await inTime(this.#storage.getItem(INDEX))).reverse()) {
      if (other === name) continue;
      room -= (await inTime(this.#storage.getItem(other)))?.length ?? Infinity;
      if (room >= 0 && kept.length < MOST_ENTRIES - 1) kept.unshift(other);
      else {
        room = -1;
        await inTime(this.#storage.removeItem(other));
      }
    }
    for (;;) {
      try {
        await inTime(this.#storage.setItem(name, text));
        break;
      } catch (error) {
        const oldest = kept.shift();
        if (oldest === undefined) throw error;
        await inTime(this.#storage.removeItem(oldest));
      }
    }
    await inTime(this.#storage.setItem(INDEX, JSON.stringify([...kept, name])));
  }

  /**
   * Removes all entries, also that of `storedSession`.
   *
   * @throws an error if the storage does not remove an entry
   */
  async clear(): Promise<void> {
    let index: string | null = null;
    try {
      index = await inTime(this.#storage.getItem(INDEX));
    } catch {
      // A storage that cannot be read may remove the entries that it shows.
    }
    for (const name of [...this.#names(index), INDEX, SESSION]) await inTime(this.#storage.removeItem(name));
  }

  /** Returns the names of the entries, the oldest one first, as far as the index says. */
  #names(index: string | null): string[] {
    let listed: unknown;
    try {
      listed = JSON.parse(index ?? "[]");
    } catch {
      // The index is written anew with the next entry.
    }
    const known = Array.isArray(listed) ? (listed as unknown[]) : [];
    // `localStorage` also shows entries that another tab has added to the index meanwhile.
    const all = new Set([...Object.keys(this.#storage).filter((name) => !known.includes(name)), ...known]);
    return [...all].filter((name): name is string => typeof name === "string" && NAME.test(name));
  }
}
