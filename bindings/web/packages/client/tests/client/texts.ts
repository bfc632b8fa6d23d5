import type { StateStorage } from "../../src/index.ts";

/** A storage in memory, which holds at most so many characters, and of which a test sees the entries. */
export class Texts implements StateStorage {
  readonly entries: Map<string, string>;
  /** Number of entries for features that were written. */
  writes = 0;
  readonly #most: number;

  constructor(entries: Readonly<Record<string, string>> = {}, most = Infinity) {
    this.entries = new Map(Object.entries(entries));
    this.#most = most;
  }

  getItem(name: string): string | null {
    return this.entries.get(name) ?? null;
  }

  setItem(name: string, text: string): void {
    const others = [...this.entries].filter(([each]) => each !== name);
    if (others.reduce((sum, [, each]) => sum + each.length, text.length) > this.#most)
      throw new Error("full");
    if (text.includes("featurehub-snapshot")) this.writes++;
    this.entries.set(name, text);
  }

  removeItem(name: string): void {
    this.entries.delete(name);
  }

  /** The entries for features. */
  get features(): [name: string, text: string][] {
    return [...this.entries].filter(([, text]) => text.includes("featurehub-snapshot"));
  }
}
