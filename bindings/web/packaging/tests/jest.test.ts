import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

import { WEB } from "../packages.ts";
import { installed, removeProjects } from "./project.ts";
import { Tarball } from "./tarball.ts";

const run = promisify(execFile);
const [client] = Tarball.all();
removeProjects();

test("the example with Jest passes with the package from its tarball", async () => {
  const folder = await installed(join(WEB, "examples/testing/jest"), client!);
  const { stderr } = await run("npm", ["test", "--silent"], { cwd: folder });
  expect(stderr).toMatch(/Tests: +2 passed, 2 total/);
});
