/** Runs the example of the README in several runtimes, with both kinds of keys, and prints a table. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { describeServe, Served } from "../packages/client/tests/client/serve.ts";
import {
  edgeScript,
  firstExample,
  project,
  removeProjects,
  withServerKey,
  write,
} from "../packaging/tests/project.ts";
import { Tarball } from "../packaging/tests/tarball.ts";
import { EDGE_RUNTIME } from "./edge_runtime.ts";
import { PROGRAMS } from "./programs.ts";
import type { Runtime } from "./runtime.ts";
import { WORKERD } from "./workerd.ts";

/** The value of the rule for the user of the example. */
const EXPECTED = "blue";
const RUNTIMES: readonly Runtime[] = [...PROGRAMS, WORKERD, EDGE_RUNTIME];
const isCi = !["", "false", undefined].includes(process.env["CI"]);
const [client] = Tarball.all();
if (client === undefined) throw new Error("there is no tarball of fh-client");
const EXAMPLE = firstExample(client);
const EXAMPLES = { "client-evaluated": EXAMPLE, "server-evaluated": withServerKey(EXAMPLE) };
const rows: (readonly string[])[] = [["runtime", "version", "key", "printed"]];
removeProjects();

describeServe("the example of the README", () => {
  let served: Served;
  let folder: string;
  beforeAll(async () => {
    served = await Served.start();
    folder = await project("node-esm", client);
    write(folder, { "edge.mjs": edgeScript(served.url) });
  });
  afterAll(async () => {
    await served[Symbol.asyncDispose]();
    console.log(`\n${table(rows)}\n`);
  });

  describe.each(RUNTIMES.map((runtime, at) => ({ at, name: runtime.name, runtime })))(
    "in $name ($at)",
    ({ runtime }) => {
      let version: string | undefined;
      let missing: unknown;
      beforeAll(async () => {
        version = await runtime.version().catch((error: unknown) => {
          missing = error;
          return undefined;
        });
      });

      test.each(Object.entries(EXAMPLES))("prints the value with a %s key", async (kind, example) => {
        const row = (printed: string): void => {
          rows.push([runtime.name, version ?? "", kind, printed]);
        };
        if (version === undefined) {
          row(`NOT RUN: ${firstLine(missing)}`);
          console.warn(`*** NOT RUN: ${runtime.name}: ${String(missing)} ***`);
          if (isCi) throw new Error("not run, and in CI every runtime must run", { cause: missing });
          return;
        }
        write(folder, { "main.ts": example });
        const printed = await runtime.printed(folder).catch((error: unknown) => {
          row(`FAILED: ${firstLine(error)}`);
          throw error;
        });
        row(printed === EXPECTED ? printed : `${printed} (expected: ${EXPECTED})`);
        expect(printed).toBe(EXPECTED);
      });
    },
  );
});

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

/** Returns lines in Markdown, whose columns are aligned. */
function table([head = [], ...body]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...body].map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}
