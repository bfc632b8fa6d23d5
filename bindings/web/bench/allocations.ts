/**
 * `node --expose-gc allocations.mjs PAYLOADS ENGINES`: prints the bytes that one read adds to the heap, as JSON. Between the two sizes of
 * the heap lies no collection of garbage: the space for new objects is larger than what all reads allocate.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { constants, PerformanceObserver } from "node:perf_hooks";

import { nodePeers } from "./node_peers.ts";
import { ours } from "./ours.ts";
import { handleRows, readRows } from "./reads.ts";
import { figureOf, type Row } from "./timing.ts";
import { readWorkload } from "./workload.ts";

/** The reads of one measurement, and the number of measurements. The median counts. */
const [READS, MEASUREMENTS] = [2000, 5];

/** A collection of garbage, as Node reports it. */
interface Collection {
  readonly detail: { readonly kind: number };
}

const [payloads = "", engines = ""] = process.argv.slice(2);
const bytes = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(join(engines, name)));
const read = (name: string): Promise<string> => Promise.resolve(readFileSync(join(payloads, name), "utf8"));

const workload = await readWorkload(read);
const files = { engine: bytes("lean.wasm"), fullEngine: bytes("full.wasm") };
const [user] = workload.users;
const found: Record<string, number> = {};
for (const engine of [...ours(files, workload), ...nodePeers]) {
  if (!user) break;
  try {
    const running = await engine.start(await read(engine.payload));
    const names = await running.context(user);
    const isOurs = engine.name.startsWith("fh-client");
    const rows = readRows(engine, names, workload, () => 0).concat(
      isOurs ? handleRows(engine, names, workload, () => 0) : [],
    );
    for (const row of rows) if (/^W[124]/.test(row.name)) found[row.name] = await allocated(row);
    await running.close();
  } catch {
    // The program that measures times reports the reason.
  }
}
process.stdout.write(JSON.stringify(found));
process.stdout.end(() => process.exit());

async function allocated(row: Row): Promise<number> {
  const found: number[] = [];
  await row.measure(READS);
  for (let measurement = 0; measurement < MEASUREMENTS; measurement++) {
    globalThis.gc?.();
    await turns();
    let collections = 0;
    const count = (entries: readonly object[]): void => {
      const kinds = entries.map((entry) => (entry as Collection).detail.kind);
      collections += kinds.filter((kind) => kind !== constants.NODE_PERFORMANCE_GC_INCREMENTAL).length;
    };
    const observer = new PerformanceObserver((list) => {
      count(list.getEntries());
    });
    observer.observe({ entryTypes: ["gc"] });
    const before = process.memoryUsage().heapUsed;
    await row.measure(READS);
    const grown = process.memoryUsage().heapUsed - before;
    await turns();
    count(observer.takeRecords());
    observer.disconnect();
    // A collection within the reads makes the difference useless.
    if (collections === 0) found.push(grown / READS);
  }
  return figureOf(found).median;
}

/** Waits for turns of the event loop, after which Node has reported the last collections. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
