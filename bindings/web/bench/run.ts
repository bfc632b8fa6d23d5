/**
 * `run.ts PAYLOADS NODE [--quick] [--write PAGE JSON]`: measures in the other Node, in this one, and in Chromium, and prints the tables.
 * `PAYLOADS` is the folder that the program `payloads` has filled, `NODE` the other Node's program. With `--write`, replaces what follows the
 * mark in `PAGE`, and writes the figures to `JSON`. With `--quick`, measures little, for a first impression.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { FOLDER, forNode } from "./bundles.ts";
import { inChromium } from "./chromium.ts";
import { efforts } from "./efforts.ts";
import { inNode } from "./in_node.ts";
import { pageReport, report } from "./report.ts";
import type { Results, Runtime } from "./results.ts";
import { starts } from "./startup/starts.ts";
import { readWorkload } from "./workload.ts";

/** The line of the page below which this program replaces everything. */
const MARK = "<!-- everything below is written by `cargo xtask bench web` -->";
const ENGINES = join(FOLDER, "../packages/client/src/engine/wasm");
/** The space for new objects in MiB, which holds all that the reads of one measurement allocate. */
const NEW_SPACE = 256;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, write: { type: "boolean", default: false } },
});
const [payloads = "", otherNode = "", page = "", json = ""] = positionals;
const isQuick = values.quick;
const say = (text: string): void => void process.stderr.write(`      ${text}\n`);
const load = (): string => loadavg()[0]?.toFixed(1) ?? "";

async function ofNode(node: string): Promise<Runtime> {
  const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim().replace("v", "");
  say(`Node ${version}`);
  return { ...(await inNode(node, [payloads, ENGINES], isQuick, say)), version: `Node ${version}` };
}

const before = load();
const runtimes: Runtime[] = [await ofNode(otherNode), await ofNode(process.execPath)];
const flags = ["--expose-gc", `--min-semi-space-size=${NEW_SPACE}`, `--max-semi-space-size=${NEW_SPACE}`];
const printed = execFileSync(
  process.execPath,
  [...flags, await forNode("allocations.ts"), payloads, ENGINES],
  { encoding: "utf8", maxBuffer: 2 ** 26, stdio: ["ignore", "pipe", "inherit"] },
);
const allocated = JSON.parse(printed) as Results["allocated"];
say("Chromium");
runtimes.push(await inChromium(payloads, isQuick, say));
say("starts of a page");
const read = (name: string): string => readFileSync(join(payloads, name), "utf8");
const bytes = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(join(ENGINES, name)));
const found = await starts(
  read("regex-featurehub.json"),
  await readWorkload((name) => Promise.resolve(read(name))),
  { engine: bytes("lean.wasm"), fullEngine: bytes("full.wasm") },
  isQuick ? 1 : 3,
);
const { dependencies } = JSON.parse(readFileSync(join(FOLDER, "package.json"), "utf8")) as {
  readonly dependencies: Readonly<Record<string, string>>;
};
const [{ model } = { model: "an unknown processor" }, ...others] = cpus();
const results: Results = {
  measured: {
    date: new Date().toISOString().slice(0, 10),
    machine: `${others.length + 1} cores of ${model}`,
    load: [before, load()],
    repetitions: efforts(isQuick).effort.repetitions,
    packages: Object.entries(dependencies)
      .filter(([name]) => name !== "node")
      .map(([name, version]) => `${name} ${version}`),
  },
  runtimes,
  allocated,
  starts: found,
};
if (values.write) {
  const [head, ...rest] = readFileSync(page, "utf8").split(MARK);
  if (head === undefined || rest.length === 0) throw new Error(`${page} has lost its mark`);
  writeFileSync(page, `${head}${MARK}\n\n${pageReport(results)}\n`);
  writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
}
console.log(report(results));
