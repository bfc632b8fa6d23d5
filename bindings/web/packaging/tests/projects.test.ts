import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { afterAll, expect, test } from "vitest";

import { WEB } from "../packages.ts";
import { Tarball } from "./tarball.ts";

const run = promisify(execFile);
const [client] = Tarball.all();
/** The committed files of the projects. */
const PROJECTS = join(WEB, "tests/projects");
/** The Edge of the examples. */
const EDGE = join(PROJECTS, "edge.mjs");
/** The first example of the README. */
const EXAMPLE = /```ts\n([^]*?)```/.exec(client!.text("README.md"))![1]!;

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

/** Makes a project outside the repository, installs `fh-client` from its tarball, and returns the project's folder. */
async function project(name: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `fh-project-${name}-`));
  made.push(folder);
  cpSync(join(PROJECTS, name), folder, { recursive: true });
  const install = ["install", "--offline", "--no-audit", "--no-fund", "--no-package-lock", client!.path];
  await run("npm", install, { cwd: folder });
  return folder;
}

/** Runs a file of a project in Node, with the Edge of the examples, and returns what it prints. */
async function printed(folder: string, file: string): Promise<string> {
  const { stdout } = await run(process.execPath, ["--import", EDGE, file], { cwd: folder });
  return stdout.trim();
}

test.concurrent("the example of the README runs as an ES module in Node", async () => {
  const folder = await project("node-esm");
  const { code } = await transform(EXAMPLE, { loader: "ts" });
  writeFileSync(join(folder, "main.js"), code);
  expect(await printed(folder, "main.js")).toBe("red");
});

test.concurrent("in Node, import and require return one instance of the client", async () => {
  const folder = await project("node-cjs");
  expect(await printed(folder, "main.js")).toBe("true true red");
});

test.concurrent.each([
  ["bundler", "esnext"],
  ["node16", "node16"],
  ["nodenext", "nodenext"],
])("the example of the README compiles with moduleResolution %s", async (moduleResolution, module) => {
  const folder = await project("node-esm");
  const compilerOptions = {
    ...{ noEmit: true, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: [] },
    ...{ target: "es2022", lib: ["es2022", "dom"], module, moduleResolution },
  };
  writeFileSync(join(folder, "main.ts"), EXAMPLE);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
  const { stdout } = await run(process.execPath, [
    join(WEB, "node_modules/typescript/bin/tsc"),
    "-p",
    folder,
  ]);
  expect(stdout).toBe("");
});
