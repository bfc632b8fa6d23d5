import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { type RawUpdate, rulesOf } from "../../src/repository/lib.ts";
import { ownerOf } from "../../src/storage/snapshot_owner.ts";
import { type SnapshotText, SnapshotWriter } from "../../src/storage/snapshot_writer.ts";
import { parseKeys } from "../../src/options/start_error.ts";
import type { Status } from "../../src/driver/status.ts";
import { SERVER_KEY } from "./scripted_edge.ts";

const START = Date.UTC(2026, 10, 21, 8, 30);
const LIST: RawUpdate = {
  kind: "list",
  source: { kind: "streaming" },
  environment: "environment",
  json: "[]",
};

let writer: SnapshotWriter;
/** The times of the writes in milliseconds after the start. */
let writes: number[];
/** The times of the members `savedAt`. */
let saved: number[];
let status: Pick<Status, "connection" | "dataAge">;
/** Performs a write. */
let store: () => Promise<void>;
let failures: unknown[];

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  [writes, saved, failures] = [[], [], []];
  status = { connection: "streaming", dataAge: 0 };
  store = () => Promise.resolve();
  const written = ({ text }: SnapshotText): void => {
    writes.push(Date.now() - START);
    saved.push(Date.parse((JSON.parse(text) as { readonly savedAt: string }).savedAt) - START);
  };
  writer = new SnapshotWriter(
    {
      write: (snapshot) => {
        written(snapshot);
        return store();
      },
      writeNow: written,
      rules: () => rulesOf([], { kind: "unknown" }),
      status: () => status as Status,
      clock: Date.now,
      onFailure: (error) => failures.push(error),
    },
    ownerOf(parseKeys(SERVER_KEY, false), undefined),
  );
});
afterEach(() => {
  writer.stop();
  vi.useRealTimers();
});

test("new features are written at once, and then after five seconds, once for all of them", async () => {
  writer.received(LIST);
  await vi.advanceTimersByTimeAsync(0);
  expect(writes).toEqual([0]);
  for (let update = 0; update < 10; update++) {
    await vi.advanceTimersByTimeAsync(499);
    writer.received({ ...LIST, kind: "feature" });
  }
  await vi.advanceTimersByTimeAsync(9);
  expect([Date.now() - START, writes]).toEqual([4_999, [0]]);
  await vi.advanceTimersByTimeAsync(1);
  expect(writes).toEqual([0, 5_000]);
  await vi.advanceTimersByTimeAsync(60_000);
  writer.received(LIST);
  await vi.advanceTimersByTimeAsync(0);
  expect(writes).toEqual([0, 5_000, 65_000]);
});

test("features that an open stream confirms are written again after ten minutes", async () => {
  writer.received(LIST);
  await vi.advanceTimersByTimeAsync(599_999);
  expect(writes).toEqual([0]);
  await vi.advanceTimersByTimeAsync(1);
  expect([writes, saved]).toEqual([
    [0, 600_000],
    [0, 600_000],
  ]);
});

test("features that nothing has confirmed are not written again", async () => {
  status = { connection: "waiting", dataAge: 2 };
  writer.received(LIST);
  await vi.advanceTimersByTimeAsync(0);
  expect([writes, saved]).toEqual([[0], [-2_000]]);
  status = { connection: "waiting", dataAge: 602 };
  await vi.advanceTimersByTimeAsync(600_000);
  expect(writes).toEqual([0]);
});

test("new features wait until the write before has ended, and a failed write is repeated after five seconds", async () => {
  let fail: (error: unknown) => void = () => undefined;
  store = () => new Promise((_, reject) => (fail = reject));
  writer.received(LIST);
  await vi.advanceTimersByTimeAsync(20_000);
  writer.received(LIST);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(writes).toEqual([0]);
  store = () => Promise.resolve();
  fail("full");
  await vi.advanceTimersByTimeAsync(0);
  expect([writes, failures]).toEqual([[0, 40_000], ["full"]]);
  store = () => Promise.reject(new Error("full"));
  writer.received(LIST);
  await vi.advanceTimersByTimeAsync(9_999);
  expect(writes).toEqual([0, 40_000, 45_000]);
  await vi.advanceTimersByTimeAsync(1);
  expect(writes).toEqual([0, 40_000, 45_000, 50_000]);
});

test("a flush and the end write new features without a pause, and nothing else", async () => {
  writer.received(LIST);
  await vi.advanceTimersByTimeAsync(1_000);
  writer.flush();
  expect(writes).toEqual([0]);
  writer.received(LIST);
  writer.flush();
  expect(writes).toEqual([0, 1_000]);
  await vi.advanceTimersByTimeAsync(1_000);
  writer.received(LIST);
  writer.close();
  writer.received(LIST);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(writes).toEqual([0, 1_000, 2_000]);
});
