/**
 * `npm run sizes -- ENGINES [--commit] [--functions]`: prints the sizes of what pages load, and compares them with `sizes.json`. `ENGINES`
 * is the folder of the built engines; `--commit` writes the sizes into `sizes.json`; `--functions` lists the largest functions of the engines'
 * modules with names, which are in the folder `named` of the engines.
 */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { filesOf, pages } from "./pages.ts";
import { WEB } from "./packages.ts";
import { largestFunctions } from "./wasm_functions.ts";

/** A line of `sizes.json`. Sizes are bytes. */
interface Row {
  readonly gzip: number;
  /** The size that is wanted. */
  readonly goal?: number;
  /** The largest size, above which the program fails. */
  readonly limit?: number;
}

/** The part of a committed size by which the present one may exceed it. */
const PLAY = 0.02;
const COMMITTED = join(WEB, "sizes.json");

const [engines = "", ...flags] = process.argv.slice(2);
const committed = JSON.parse(readFileSync(COMMITTED, "utf8")) as Record<string, Row>;
const isCommitting = flags.includes("--commit");
const found: Record<string, Row> = {};
const errors: string[] = [];
const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1).padStart(7);

console.log(`    ${"KB".padEnd(52)}     raw    gzip  brotli  committed  goal`);
for (const [name, page] of Object.entries(pages)) {
  const contents = await filesOf(page, engines);
  const base = page.base === undefined ? [] : await filesOf({ program: page.base }, engines);
  const sum = (size: (bytes: Uint8Array) => number): number => {
    const total = (files: readonly Uint8Array[]): number =>
      files.reduce((sum, bytes) => sum + size(bytes), 0);
    return total(contents) - total(base);
  };
  const gzip = sum((bytes) => gzipped(bytes));
  const row = committed[name];
  const { goal, limit } = row ?? {};
  found[name] = { ...row, gzip };
  const isMissed = goal !== undefined && gzip > goal;
  console.log(
    `    ${name.padEnd(52)} ${kilobytes(sum((bytes) => bytes.length))} ${kilobytes(gzip)} ` +
      `${kilobytes(sum((bytes) => brotliCompressSync(bytes).length))}    ${kilobytes(row?.gzip ?? 0)} ` +
      (goal === undefined ? "" : (goal / 1000).toFixed(0).padStart(5)) +
      (isMissed ? "  goal missed" : ""),
  );
  if (limit !== undefined && gzip > limit) errors.push(`${name}: ${gzip} bytes, and the limit is ${limit}`);
  if (row === undefined) errors.push(`${name}: sizes.json has no such line`);
  else if (gzip > row.gzip * (1 + PLAY))
    errors.push(`${name}: ${gzip} bytes, and sizes.json has ${row.gzip}`);
  else if (gzip < row.gzip * (1 - PLAY) && !isCommitting)
    console.log(`      smaller than in sizes.json: run cargo xtask web sizes --commit`);
}
for (const name of Object.keys(committed))
  if (!(name in found)) errors.push(`${name}: a line of sizes.json that is not measured`);

if (flags.includes("--functions"))
  for (const engine of ["lean", "full"]) {
    console.log(`\n    the largest functions of the ${engine} engine, in bytes`);
    const module = readFileSync(join(engines, "named", `${engine}.wasm`));
    for (const { name, size } of largestFunctions(module, 20))
      console.log(`    ${String(size).padStart(8)}  ${name}`);
  }

if (isCommitting) writeFileSync(COMMITTED, `${JSON.stringify(found, null, 2)}\n`);
else if (errors.length > 0) {
  console.error(
    `    larger than sizes.json allows (${PLAY * 100} % of play):\n      ${errors.join("\n      ")}`,
  );
  process.exitCode = 1;
}

/** The size after the program gzip: the zlib of Node compresses WebAssembly some percent worse. */
function gzipped(bytes: Uint8Array): number {
  return execFileSync("gzip", ["-9", "--no-name"], { input: bytes }).length;
}
