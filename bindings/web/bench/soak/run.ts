/**
 * `run.ts [MINUTES]`: runs a client in Node and two tabs in Chromium for some minutes, 10 by default. The Edge sends many updates at the
 * start, because V8 compiles further code until then, and one every 100 ms afterwards. Prints the memory of each minute after a
 * collection of garbage, and fails if minute 2 and the last one differ by more than 5 %.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Page } from "playwright-core";

import { startBrowser } from "../../packages/client/tests/chromium/browser.ts";
import { PageEdge } from "../../packages/client/tests/chromium/edge.ts";
import { Site } from "../../packages/client/tests/chromium/site.ts";
import { FOLDER, forNode, forPages } from "../bundles.ts";
import { CLIENT_KEY } from "../ours.ts";
import { CHANGING, type Done } from "./load.ts";

/** The minute with which the last one is compared: by then compilers and caches have settled. */
const SETTLED = 2;
/** The part by which the memory may differ. */
const PLAY = 0.05;
/** The milliseconds between two updates. */
const PACE = 100;
/** The updates before the first minute, and those that are sent at once. */
const [WARM_UP, BURST] = [15_000, 5];
/** The features beside the one that changes. */
const FEATURES = 20;

/** The file of the engine. */
const LEAN = join(FOLDER, "../packages/client/src/engine/wasm/lean.wasm");

/** The memory of a program, and what it has done. */
interface Sample {
  readonly bytes: number;
  readonly done: Done;
}

const minutes = Number(process.argv[2] ?? 10);
if (!(minutes > SETTLED)) throw new Error(`the number of minutes must be above ${SETTLED}`);

/** Returns the state of the feature that changes: a number, with a rollout. */
function changing(version: number): string {
  const strategies = [{ id: "half", percentage: 500_000, value: -version, attributes: [] }];
  return JSON.stringify({
    id: "counter",
    key: CHANGING,
    type: "NUMBER",
    version,
    value: version,
    l: false,
    strategies,
  });
}

function steady(number: number): string {
  const attributes = [
    { fieldName: "plan", type: "STRING", conditional: "EQUALS", values: [`plan-${number}`, "gold"] },
  ];
  const strategies = [{ id: `s${number}`, value: "matched", attributes }];
  const key = `FEATURE_${number}`;
  return JSON.stringify({ id: key, key, type: "STRING", version: 1, value: "none", l: false, strategies });
}

async function sampleOf(page: Page): Promise<Sample> {
  const session = await page.context().newCDPSession(page);
  // The second collection frees what the contexts of the first one had in the engine.
  await session.send("HeapProfiler.collectGarbage");
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  await session.send("HeapProfiler.collectGarbage");
  const usage = (await session.send("Runtime.getHeapUsage")) as unknown as Record<string, number>;
  await session.detach();
  const { usedSize = 0, embedderHeapUsedSize = 0, backingStorageSize = 0 } = usage;
  return {
    bytes: usedSize + embedderHeapUsedSize + backingStorageSize,
    done: await page.evaluate(() => done()),
  };
}

const edge = await PageEdge.start(changing(1), ...Array.from({ length: FEATURES }, (_, at) => steady(at)));
const site = await Site.start(await forPages("soak/page.ts"));
const program = fork(await forNode("soak/node.ts"), [edge.url, CLIENT_KEY, LEAN], {
  execArgv: ["--expose-gc"],
});
const browser = await startBrowser();
const context = await browser.newContext();
const query = new URLSearchParams({ edge: edge.url, key: CLIENT_KEY });
site.set("/tab", '<!doctype html><title>tab</title><script type="module" src="/page.js"></script>');
const pages: Page[] = [];
for (let tab = 0; tab < 2; tab++) {
  const page = await context.newPage();
  await page.goto(`${site.url}/tab?${query.toString()}`);
  await page.waitForFunction(() => typeof done === "function" && done().value !== undefined);
  pages.push(page);
}
program.on("exit", (code) => {
  if (code !== null) throw new Error(`the program in Node ended with ${code}`);
});
const samplers: Readonly<Record<string, () => Promise<Sample>>> = {
  Node: async () => {
    const answered = once(program, "message");
    program.send("sample");
    return ((await answered) as [Sample])[0];
  },
  ...Object.fromEntries(pages.map((page, at) => [`tab ${at + 1}`, () => sampleOf(page)])),
};

let version = 1;
while (version <= WARM_UP) {
  for (let update = 0; update < BURST; update++) edge.update(changing(++version));
  await wait(10);
}
const start = performance.now();
/** Sends updates at their times until the end of a minute. After a delay, those that are due are sent at once. */
async function updateUntil(minute: number): Promise<void> {
  for (;;) {
    const now = performance.now() - start;
    while (version <= WARM_UP + now / PACE) edge.update(changing(++version));
    if (now >= minute * 60_000) return;
    await wait(PACE);
  }
}

const names = Object.keys(samplers);
const samples = new Map<string, Sample[]>(names.map((name) => [name, []]));
const megabytes = (bytes = NaN): string => `${(bytes / 1e6).toFixed(2)} MB`;
console.log(`| minute | ${names.join(" | ")} | updates | streams |`);
console.log(`| --- | ${names.map(() => "---").join(" | ")} | --- | --- |`);
for (let minute = 1; minute <= minutes; minute++) {
  await updateUntil(minute);
  const cells: string[] = [];
  for (const name of names) {
    const sample = await samplers[name]?.();
    if (!sample) continue;
    samples.get(name)?.push(sample);
    cells.push(megabytes(sample.bytes));
  }
  console.log(`| ${minute} | ${cells.join(" | ")} | ${version} | ${edge.streams.size} |`);
}

const failures: string[] = [];
await wait(5000);
for (const name of names) {
  const [settled, last] = [samples.get(name)?.[SETTLED - 1], samples.get(name)?.at(-1)];
  const growth = (last?.bytes ?? NaN) / (settled?.bytes ?? NaN) - 1;
  const now = (await samplers[name]?.())?.done;
  console.log(
    `${name}: ${(growth * 100).toFixed(1)} % from minute ${SETTLED} to ${minutes}; ` +
      `${now?.delivered} calls of listeners, ${now?.contexts} contexts, and the last value is ${now?.value} of ${version}`,
  );
  if (!(Math.abs(growth) <= PLAY)) failures.push(`${name}: the memory differs by more than ${PLAY * 100} %`);
  if (now?.value !== version) failures.push(`${name}: the client has missed the last update`);
}
await browser.close();
program.kill();
await Promise.all([edge[Symbol.asyncDispose](), site[Symbol.asyncDispose]()]);
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;
