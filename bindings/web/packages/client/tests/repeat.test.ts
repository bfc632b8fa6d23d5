import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

import { describeEngine } from "./engine/built.ts";
import { CONVERSATIONS, SEQUENCES } from "./repeat.ts";
import { conversationsIn, filesIn } from "./replayer.ts";

const WEB = fileURLToPath(new URL("../../..", import.meta.url));

/** The variables of the environment without those that this run of Vitest has set, and without those that select files. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|FH_CONVERSATION|FH_SEQUENCE|NODE_ENV)/.test(name),
  ),
);

/** Runs a command in the folder `bindings/web`, and returns all that it printed. It must fail. */
async function failing(command: string): Promise<string> {
  const run = promisify(execFile)("sh", ["-c", command], {
    cwd: WEB,
    env: { ...environment, NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await run.then(
    (printed) => ({ code: 0, ...printed }),
    (failure: unknown) => failure as { code: number; stdout: string; stderr: string },
  );
  expect([code, stdout]).toEqual([1, expect.any(String)]);
  return stdout + stderr;
}

/** Returns the lines of a failure about the step that differs. */
function differing(printed: string): (string | undefined)[] {
  const line = (pattern: RegExp): string | undefined => pattern.exec(printed)?.[0];
  return [line(/(?:simulation|hostile|sequence) .*step \d+.*/), line(/^input: .*/m), line(/^actual: .*/m)];
}

describeEngine("the command that a failure prints repeats this failure alone", () => {
  test.each([
    [
      "conversation",
      CONVERSATIONS,
      "contact",
      /^to print .*\n +(FH_CONVERSATION='(?:simulation|hostile) .+)/m,
    ],
    ["sequence", SEQUENCES, "after", /^to print .*\n +(FH_SEQUENCE='sequence .+)/m],
  ])("%s", async (kind, { committed }, member, rust) => {
    // The files of both kinds have the same form: a name and steps.
    const [conversation] = [...conversationsIn(filesIn(committed)[0] ?? "")].slice(1);
    const wrong = structuredClone(conversation) as unknown as {
      readonly name: string;
      readonly steps: Record<string, unknown>[];
    };
    const at = wrong.steps.findIndex((step) => step[member] !== undefined);
    wrong.steps[at] = { ...wrong.steps[at], [member]: -1 };
    const folder = await mkdtemp(join(tmpdir(), "fh-repeat-"));
    try {
      await writeFile(join(folder, "wrong-0000.jsonl.gz"), gzipSync(`${JSON.stringify(wrong)}\n`));
      const all = `FH_${kind.toUpperCase()}S='${folder}' npx vitest run packages/client/tests/${kind}s.test.ts`;
      const first = await failing(all);
      const command = /^to repeat .*\n +(.+)/m.exec(first)?.[1] ?? "";
      expect(command).toContain(`FH_${kind.toUpperCase()}='${wrong.name}'`);
      const second = await failing(command);
      expect(differing(second)).toEqual(differing(first));
      expect(differing(second)[0]).toContain(`step ${at}`);
      expect(rust.exec(second)?.[1]).toContain(wrong.name);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
