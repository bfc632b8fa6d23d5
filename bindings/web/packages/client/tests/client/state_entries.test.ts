import { describe, expect, test } from "vitest";

import { StateEntries } from "../../src/storage/entries.ts";
import { entryName, MOST_STORED, readEntry, SESSION } from "../../src/storage/stored_state.ts";
import { Texts } from "./texts.ts";

const NOW = Date.UTC(2026, 10, 21, 8, 30);

/** Returns the name of the entry of a user. */
function nameOf(user: number): string {
  return entryName({ keys: "a".repeat(64), context: String(user).padStart(64, "0") });
}

/** Writes entries of these lengths, and returns the users whose entries are left. */
async function written(lengths: readonly number[], storage = new Texts()): Promise<number[]> {
  const entries = new StateEntries(storage);
  for (const [user, length] of lengths.entries()) await entries.write(nameOf(user), "x".repeat(length));
  return lengths.flatMap((_, user) => (storage.entries.has(nameOf(user)) ? [user] : []));
}

describe("entries", () => {
  test("are at most five, of which the oldest is evicted", async () => {
    expect(await written([1, 1, 1, 1, 1, 1, 1])).toEqual([2, 3, 4, 5, 6]);
  });

  test("have at most a million characters together", async () => {
    expect(await written([10, 600_000, 300_000, 200_000])).toEqual([2, 3]);
    await expect(written([MOST_STORED + 1])).rejects.toThrow("more than a million characters");
  });

  test("give way, the oldest first, while the storage has no room", async () => {
    expect(await written([1_000, 1_000, 1_000], new Texts({}, 2_500))).toEqual([1, 2]);
    await expect(written([1_000], new Texts({}, 500))).rejects.toThrow("full");
  });

  test("are removed together, with the session, and without those of others", async () => {
    const storage = new Texts({ [SESSION]: "1", theirs: "2" });
    await written([1, 1], storage);
    await new StateEntries(storage).clear();
    expect([...storage.entries.keys()]).toEqual(["theirs"]);
  });
});

describe("an entry", () => {
  const owner = { kind: "client-evaluated", keys: "1", context: "0" } as const;
  const entry = JSON.stringify({
    format: "featurehub-snapshot/1",
    savedAt: new Date(NOW).toISOString(),
    ...owner,
    environments: [{ id: "environment", features: [] }],
  });

  test("is read for its owner", () => {
    const saved = { savedAt: NOW, environments: [["environment", "[]"]] };
    expect(readEntry(entry, owner, NOW)).toEqual(saved);
    expect(readEntry(entry, owner, -Infinity)).toEqual(saved);
  });

  test.each([
    ["is missing", null, owner, 0],
    ["is a promise", Promise.resolve(entry), owner, 0],
    ["has other keys", entry, { ...owner, keys: "2" }, 0],
    ["has another context", entry, { ...owner, context: "1" }, 0],
    ["is of another kind of key", entry, { ...owner, kind: "server-evaluated" } as const, 0],
    ["is too old", entry, owner, NOW + 1],
    ["has no time", entry.replace("savedAt", "at"), owner, -Infinity],
    ["is too large", entry.padEnd(MOST_STORED + 1), owner, 0],
    ["has another version", entry.replace("/1", "/2"), owner, 0],
    ["has an environment of another form", entry.replace('"id"', '"no"'), owner, 0],
  ])("that %s is not used", (_name, text, wanted, oldest) => {
    expect(readEntry(text, wanted, oldest)).toBeUndefined();
  });
});
