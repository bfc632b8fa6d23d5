/**
 * `npm run mutants`: plants all mutants in a copy of the packages, replays the committed conversations and sequences with each, runs the test
 * files that the tables name, and lists what finds each mutant. Arguments are names of mutants; without any, all are tried.
 */

import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { createVitest } from "vitest/node";
import { writeCopy } from "./copy.ts";
import type { Folders, Found, Order } from "./replay.ts";
import { type Mutant, readTables } from "./table.ts";

/** The time in milliseconds after which a replay counts as endless, which finds its mutant. */
const ENDLESS = 60_000;

const web = process.cwd();
const target = process.env["CARGO_TARGET_DIR"] ?? join(web, "../../target");
const folders: Folders = { copy: resolve(target, "web/mutants"), data: join(web, "equality/data") };
const workerFile = new URL("./replay.mjs", import.meta.url);

/** A thread that replays, with at most one order at a time. */
class Replayer {
  #worker = new Worker(workerFile, { workerData: folders });

  replay(order: Order): Promise<Found> {
    const worker = this.#worker;
    return new Promise((found, failed) => {
      const timer = setTimeout(() => {
        void worker.terminate();
        this.#worker = new Worker(workerFile, { workerData: folders });
        found({ count: 1, first: "a replay without an end" });
      }, ENDLESS);
      worker.removeAllListeners();
      worker.once("error", failed);
      worker.once("message", (answer: Found) => {
        clearTimeout(timer);
        found(answer);
      });
      worker.postMessage(order);
    });
  }

  close(): void {
    void this.#worker.terminate();
  }
}

/** Replays all orders on some threads, and returns the results in the order of the orders. */
async function replayAll(orders: readonly Order[]): Promise<Found[]> {
  const results: Found[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const replayer = new Replayer();
    for (let at = next++; at < orders.length; at = next++) {
      results[at] = await replayer.replay(orders[at] as Order);
    }
    replayer.close();
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, work));
  return results;
}

/** Runs test files of the copy, each with its mutant, or without one. Returns the numbers of those that fail. */
async function runTests(runs: readonly { mutant: string | undefined; test: string }[]): Promise<Set<number>> {
  if (runs.length === 0) return new Set();
  const vitest = await createVitest("test", {
    root: folders.copy,
    config: false,
    watch: false,
    reporters: [{}],
    projects: runs.map(({ mutant, test }, at) => ({
      test: {
        ...{ name: String(at), root: folders.copy, include: [test], env: { FH_MUTANT: mutant ?? "" } },
        // Without a mutant, a busy machine must not fail a test. With one, a test that hangs has found it.
        ...(mutant === undefined && { testTimeout: 60_000, hookTimeout: 60_000 }),
      },
    })),
  });
  await vitest.start();
  const modules = vitest.state.getTestModules();
  await vitest.close();
  process.exitCode = 0;
  const missing = runs.findIndex((_, at) => !modules.some(({ project }) => project.name === String(at)));
  if (missing >= 0) throw new Error(`there is no test file ${runs[missing]?.test ?? ""}`);
  return new Set(modules.filter((module) => !module.ok()).map(({ project }) => Number(project.name)));
}

/** Returns what is wrong with the result of a mutant; `undefined` if nothing is. */
function complaint({ exempt, test }: Mutant, isReplayed: boolean, testFails: boolean): string | undefined {
  if (test !== undefined && !testFails) return `${test} does not find it`;
  const isFound = isReplayed || testFails;
  if (exempt !== undefined) return isFound ? "it is exempt, but found" : undefined;
  return isFound ? undefined : "nothing finds it";
}

const started = performance.now();
const tables = readTables(join(web, "equality/mutants"));
const asked = process.argv.slice(2);
const planted = tables.mutants.filter(
  ({ name, absent }) => absent === undefined && (asked.length === 0 || asked.includes(name)),
);
const unknown = asked.filter((name) => !planted.some((mutant) => mutant.name === name));
if (unknown.length > 0) throw new Error(`unknown or not planted: ${unknown.join(", ")}`);
await writeCopy(web, folders.copy, tables);

const unchanged = ["session", "repository"].map((area) => ({ mutant: undefined, area }));
const orders: Order[] = [...unchanged, ...planted.map(({ name, area }) => ({ mutant: name, area }))];
const results = await replayAll(orders);
const tested = planted.filter((mutant): mutant is Mutant & { test: string } => mutant.test !== undefined);
const runs = [
  ...[...new Set(tested.map(({ test }) => test))].map((test) => ({ mutant: undefined, test })),
  ...tested.map(({ name, test }) => ({ mutant: name, test })),
];
const failed = await runTests(runs);

const wrong: string[] = [];
for (const found of results.slice(0, unchanged.length)) {
  if (found.first !== undefined) wrong.push(`without a mutant, the copy differs in ${found.first}`);
}
for (const [at, { mutant, test }] of runs.entries()) {
  if (mutant === undefined && failed.has(at)) wrong.push(`without a mutant, ${test} fails`);
}
for (const [at, mutant] of planted.entries()) {
  const { count, first } = results[at + unchanged.length] as Found;
  const testFails = runs.some((run, number) => run.mutant === mutant.name && failed.has(number));
  const kind = mutant.area === "session" ? "conversations" : "sequences";
  const finders = [
    ...(first === undefined ? [] : [`${count} ${kind}, the first is ${first}`]),
    ...(testFails ? [mutant.test] : []),
    ...(mutant.exempt === undefined ? [] : [`exempt: ${mutant.exempt}`]),
  ];
  console.log(`${mutant.name}: ${finders.join("; ") || "not found"}`);
  const why = complaint(mutant, first !== undefined, testFails);
  if (why !== undefined) wrong.push(`${mutant.name}: ${why}`);
}
if (asked.length === 0) {
  for (const { name, absent } of tables.mutants)
    if (absent !== undefined) console.log(`${name}: absent: ${absent}`);
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(`${planted.length} mutants, ${wrong.length} wrong, ${seconds} s`);
for (const line of wrong) console.error(line);
process.exitCode = wrong.length > 0 ? 1 : 0;
