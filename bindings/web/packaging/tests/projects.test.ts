import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

import { describeServe, Served } from "../../packages/client/tests/client/serve.ts";
import { WEB } from "../packages.ts";
import { edgeScript, firstExample, project, removeProjects, write } from "./project.ts";
import { Tarball } from "./tarball.ts";

const run = promisify(execFile);
const [client] = Tarball.all();
const EXAMPLE = firstExample(client!);
removeProjects();

describeServe("in Node", () => {
  let served: Served;
  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(() => served[Symbol.asyncDispose]());

  /** Runs the program `main.js` of a project, and returns what it prints. */
  async function printed(folder: string): Promise<string> {
    write(folder, { "edge.mjs": edgeScript(served.url) });
    const { stdout } = await run(process.execPath, ["--import", "./edge.mjs", "main.js"], { cwd: folder });
    return stdout.trim();
  }

  test.concurrent("the example of the README runs as an ES module", async () => {
    const folder = await project("node-esm", client!);
    write(folder, { "main.js": (await transform(EXAMPLE, { loader: "ts" })).code });
    expect(await printed(folder)).toBe("blue");
  });

  test.concurrent("import and require return one instance of the client", async () => {
    const folder = await project("node-cjs", client!);
    expect(await printed(folder)).toBe("true true blue");
  });
});

test.concurrent.each([
  ["bundler", "esnext"],
  ["node16", "node16"],
  ["nodenext", "nodenext"],
])("the example of the README compiles with moduleResolution %s", async (moduleResolution, module) => {
  const folder = await project("node-esm", client!);
  const compilerOptions = {
    ...{ noEmit: true, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: [] },
    ...{ target: "es2022", lib: ["es2022", "dom"], module, moduleResolution },
  };
  const settings = JSON.stringify({ compilerOptions, files: ["main.ts"] });
  write(folder, { "main.ts": EXAMPLE, "tsconfig.json": settings });
  const { stdout } = await run(process.execPath, [
    join(WEB, "node_modules/typescript/bin/tsc"),
    "-p",
    folder,
  ]);
  expect(stdout).toBe("");
});
