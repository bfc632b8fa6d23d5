import { execFile } from "node:child_process";
import { cp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

import { describeEngine } from "../engine/built.ts";
import { bundled } from "./bundled.ts";

/** Memory of Node and the program before the first message, in MB. */
const BASE = 10;
/** 8 times the smaller message and 32 MB, in MB. The larger messages are refused, so that they need less. */
const MOST = 8 * 0.34 + 32;

/** A line that the program prints for each message, before and after it has passed the message to a client. */
interface Line {
  readonly what: string;
  readonly held?: number;
  readonly served?: number;
  readonly engine?: number;
}

// `FH_MESSAGE` is the beginning of the names of the only messages.
describeEngine("messages of many small parts", () => {
  test("are read in 8 times their size and 32 MB, and leave 3 times the features and 4 MB", async () => {
    const program = await bundled(
      `import { run } from "${join(import.meta.dirname, "message_memory/program.ts")}"; await run();`,
    );
    const engines = new URL("../../src/engine/wasm", import.meta.url).pathname;
    await cp(engines, join(dirname(program), "wasm"), { recursive: true });
    const only = process.env["FH_MESSAGE"] ?? "";
    // The heap has a limit, so that a message which takes more ends the program.
    const heap = `--max-old-space-size=${Math.floor(BASE + MOST)}`;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--expose-gc", heap, program, only],
      { maxBuffer: 1e8 },
    ).catch((error: unknown) => error as { stdout: string; stderr: string });
    await rm(dirname(program), { recursive: true });
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
    const last = lines.at(-1);
    expect(last?.held, `the heap was too small: ${last?.what}: ${stderr.slice(-2_000)}`).toBeDefined();
    const failed = lines.filter(
      ({ held = 0, served = 0, engine = 0 }) => held > 3 * served + 4e6 || engine > MOST * 1e6,
    );
    expect(failed).toEqual([]);
    // Each message has two lines.
    if (only === "") expect(lines.length).toBeGreaterThan(200);
  }, 300_000);
});
