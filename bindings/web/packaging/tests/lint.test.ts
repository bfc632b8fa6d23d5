import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

import { WEB } from "../packages.ts";
import { Tarball } from "./tarball.ts";

const run = promisify(execFile);
const tarballs = Tarball.all().map((tarball) => [tarball.name, tarball] as const);

test.concurrent.each(tarballs)("publint finds nothing in %s", async (_, { path }) => {
  const { stdout } = await run("node_modules/.bin/publint", ["--strict", path], { cwd: WEB });
  expect(stdout).toContain("All good!");
});

test.concurrent.each(tarballs)("the types of %s are found by each kind of import", async (_, { path }) => {
  const options = ["--profile", "esm-only", "--format", "ascii", "--no-color", "--no-emoji"];
  const { stdout } = await run("node_modules/.bin/attw", [path, ...options], { cwd: WEB });
  expect(stdout).toContain("node16 (from ESM)");
});
