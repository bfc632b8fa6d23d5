/** Runtimes that are programs: each runs a file of TypeScript or JavaScript. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";

import { installed, output, type Runtime } from "./runtime.ts";

/** The program of Node 22, which also runs wrangler. */
export const NODE_22 = installed("node-22/bin/node");

/** The Node that runs the tests. Node 20 runs no TypeScript, so it gets the example as JavaScript. */
const NODE: Runtime = {
  name: "Node",
  version: () => Promise.resolve(process.versions.node),
  printed: async (project) => {
    const { code } = await transform(readFileSync(join(project, "main.ts"), "utf8"), { loader: "ts" });
    writeFileSync(join(project, "main.js"), code);
    return output(process.execPath, ["--import", "./edge.mjs", "main.js"], project);
  },
};

/** A runtime whose program runs TypeScript. The flags name the file that runs first. */
function program(name: string, path: string, flags: readonly string[]): Runtime {
  return {
    name,
    version: async () => {
      const printed = await output(path, ["--version"]);
      return /\d+\.\d+\.\d+/.exec(printed)?.[0] ?? printed;
    },
    printed: (project) => output(path, [...flags, "./edge.mjs", "main.ts"], project),
  };
}

export const PROGRAMS: readonly Runtime[] = [
  NODE,
  program("Node", NODE_22, ["--import"]),
  program("Node", installed("node-24/bin/node"), ["--import"]),
  program("Deno", installed(".bin/deno"), [
    ...["run", "--no-prompt", "--allow-net", "--allow-read", "--allow-env"],
    "--preload",
  ]),
  program("Bun", installed(".bin/bun"), ["--preload"]),
];
