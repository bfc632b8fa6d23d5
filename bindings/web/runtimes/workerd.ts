/**
 * workerd, the runtime of Cloudflare's workers. wrangler bundles the example as for a deployment, with the condition `workerd`, and its
 * rules make an import of `*.wasm?module` a compiled module.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { exampleAsFunction } from "./handler.ts";
import { NODE_22 } from "./programs.ts";
import { installed, output, type Runtime } from "./runtime.ts";

const WRANGLER = installed("wrangler/bin/wrangler.js");
/** The settings of the worker. The date selects the behaviour of workerd. */
const SETTINGS = {
  name: "example",
  main: "worker.ts",
  compatibility_date: "2026-11-01",
  send_metrics: false,
};
const FLAGS = [
  ...["dev", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0"],
  "--show-interactive-dev-session=false",
];

export const WORKERD: Runtime = {
  name: "workerd",
  version: async () => {
    const [wrangler, workerd] = await Promise.all([
      output(NODE_22, [WRANGLER, "--version"]),
      output(installed("workerd/bin/workerd"), ["--version"]),
    ]);
    return `${workerd.replace("workerd ", "")}, wrangler ${wrangler}`;
  },
  printed: async (project) => {
    const worker = "export default { fetch: answer };\n";
    writeFileSync(join(project, "worker.ts"), exampleAsFunction(project) + worker);
    writeFileSync(join(project, "wrangler.json"), JSON.stringify(SETTINGS));
    const wrangler = spawn(NODE_22, [WRANGLER, ...FLAGS], {
      cwd: project,
      // wrangler keeps files in the home folder, and asks the network for settings.
      env: { ...process.env, HOME: project, CLOUDFLARE_CF_FETCH_ENABLED: "false" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    try {
      const answer = await fetch(await addressOf(wrangler));
      return await answer.text();
    } finally {
      wrangler.kill();
      if (wrangler.exitCode === null) await once(wrangler, "exit");
    }
  },
};

/** Returns the address that wrangler prints once the worker runs. */
async function addressOf({ stdout, stderr }: ChildProcess): Promise<string> {
  if (stdout === null || stderr === null) throw new Error("wrangler has no output");
  const lines: string[] = [];
  createInterface(stderr).on("line", (line) => lines.push(line));
  for await (const line of createInterface(stdout)) {
    const address = /Ready on (http:\S+)/.exec(line)?.[1];
    if (address !== undefined) {
      // What nothing reads would stop wrangler.
      stdout.resume();
      return address;
    }
    lines.push(line);
  }
  throw new Error(`wrangler ended without an address:\n${lines.join("\n")}`);
}
