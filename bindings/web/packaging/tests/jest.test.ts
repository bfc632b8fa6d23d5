import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

import { WEB } from "../packages.ts";
import { Tarball } from "./tarball.ts";

const run = promisify(execFile);
const [client] = Tarball.all();
const folder = mkdtempSync(join(tmpdir(), "fh-jest-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("the example with Jest passes with the package from its tarball", async () => {
  cpSync(join(WEB, "examples/testing/jest"), folder, { recursive: true });
  await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
  cpSync(client!.folder, join(folder, "node_modules/fh-client"), { recursive: true });
  const { stderr } = await run("npm", ["test", "--silent"], { cwd: folder });
  expect(stderr).toMatch(/Tests: +2 passed, 2 total/);
});
