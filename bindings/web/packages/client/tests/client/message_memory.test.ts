import { execFile } from "node:child_process";
import { cp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

import { describeEngine } from "../engine/built.ts";
import { bundled } from "./bundled.ts";
import { LONG_LISTS } from "./message_memory/long_lists.ts";

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
  /** The largest memory in use with a long list, and the number of its features. */
  readonly peak?: number;
  readonly features?: number;
}

// `FH_MESSAGE` is the beginning of the names of the only messages.
describeEngine("messages of many small parts", () => {
  let program = "";
  beforeAll(async () => {
    program = await bundled(
      `import { run } from "${join(import.meta.dirname, "message_memory/program.ts")}"; await run();`,
    );
    const engines = new URL("../../src/engine/wasm", import.meta.url).pathname;
    await cp(engines, join(dirname(program), "wasm"), { recursive: true });
  });
  afterAll(() => rm(dirname(program), { recursive: true }));

  /** Runs the program with a limit of its heap in MB, so that a message which takes more ends it. */
  async function run(message: string, heap: number, door = ""): Promise<{ lines: Line[]; stderr: string }> {
    const flags = ["--expose-gc", `--max-old-space-size=${Math.floor(heap)}`];
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [...flags, program, message, door],
      {
        maxBuffer: 1e8,
      },
    ).catch((error: unknown) => error as { stdout: string; stderr: string });
    const lines = stdout.split("\n").filter((line) => line !== "");
    return { lines: lines.map((line) => JSON.parse(line) as Line), stderr: stderr.slice(-2_000) };
  }

  test("are read in 8 times their size and 32 MB, and leave 3 times the features and 4 MB", async () => {
    const only = process.env["FH_MESSAGE"] ?? "";
    const { lines, stderr } = await run(only, BASE + MOST);
    const last = lines.at(-1);
    expect(last?.held, `the heap was too small: ${last?.what}: ${stderr}`).toBeDefined();
    const failed = lines.filter(
      ({ held = 0, served = 0, engine = 0 }) => held > 3 * served + 4e6 || engine > MOST * 1e6,
    );
    expect(failed).toEqual([]);
    // Each message has two lines.
    if (only === "") expect(lines.length).toBeGreaterThan(200);
  }, 300_000);

  // The memory of the engine, in MB, has 4 MB of room.
  test.each([
    ["100,000 features", 30],
    ["100,000 texts", 39],
    ["10,000 rules", 12],
    ["1,000,000 values", 105],
  ])(
    "%s are read in the same memory, with that of the engine",
    async (name, engineLimit) => {
      const size = LONG_LISTS[name]!().length;
      const limit = (size * 8) / 1e6 + 32;
      const { lines, stderr } = await run(name, BASE + limit);
      const { peak = 0, held = 0, engine = Infinity, features } = lines[0] ?? {};
      expect(features, stderr).toBe(name.startsWith("100,000 ") ? 100_000 : 1);
      expect(peak / 1e6).toBeGreaterThan(size / 1e6);
      expect(peak / 1e6).toBeLessThan(limit);
      expect(engine / 1e6).toBeLessThan(engineLimit);
      // Node's objects of a short feature have about 270 bytes beside its text.
      expect(held / 1e6).toBeLessThan((size * 4.2) / 1e6 + 4);
    },
    300_000,
  );

  test.each(Object.keys(LONG_LISTS))(
    "%s are compiled in the same memory",
    async (name) => {
      const size = LONG_LISTS[name]!().length;
      // The program, not the client, holds the message.
      const limit = (size * 7) / 1e6 + 32;
      const { lines, stderr } = await run(name, BASE + limit, "ruleset");
      const { peak = Infinity, features } = lines[0] ?? {};
      expect(features, stderr).toBe(name.startsWith("100,000 ") ? 100_000 : 1);
      expect(peak / 1e6).toBeLessThan(limit);
    },
    300_000,
  );
});
