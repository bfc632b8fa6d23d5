import { execFile } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { build, transform } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

import { describeServe, Served } from "../../packages/client/tests/client/serve.ts";
import { WEB } from "../packages.ts";
import { edgeScript, examples, firstExample, project, removeProjects, scratch, write } from "./project.ts";
import { Tarball } from "./tarball.ts";

const run = promisify(execFile);
const [client, , openfeature] = Tarball.all();
const EXAMPLE = firstExample(client!);
removeProjects();

/** A program with the names of the published SDKs, beside the example of the README of `fh-openfeature` for servers. */
const PROVIDER_AND_NAMES = `import { EdgeFeatureHubConfig } from "fh-client/featurehub";
import { isNew } from "./openfeature.js";

const config = new EdgeFeatureHubConfig("https://edge.example", "environment/key*");
const context = await config.newContext().userKey("mara").build();
console.log(isNew, context.getString("COLOUR"));
// The client of the example has no end.
process.exit();
`;

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

  test.concurrent(
    "the OpenFeature provider and the names of the published SDKs run as ES modules",
    async () => {
      const folder = await project("node-esm", client!, openfeature!);
      const example = examples(openfeature!).find((code) => code.includes("fh-openfeature/server"))!;
      const { code } = await transform(example, { loader: "ts" });
      write(folder, { "openfeature.js": code, "main.js": PROVIDER_AND_NAMES });
      expect(await printed(folder)).toBe("true blue");
    },
  );

  test.concurrent("import and require return one instance of the client", async () => {
    const folder = await project("node-cjs", client!);
    expect(await printed(folder)).toBe("true true blue");
  });

  test.concurrent.each([
    ["cjs", "lean", EXAMPLE],
    ["esm", "lean", EXAMPLE],
    ["cjs", "full", EXAMPLE.replace('key*"', 'key*", { profile: "edge" }')],
  ] as const)("a bundle in %s is one file, which has the %s engine", async (format, _, example) => {
    const [from, folder] = [await project("node-esm", client!), scratch("bundle")];
    const whole =
      format === "cjs" ? example.replace(/^(?!import )[^]*/m, "void (async () => {$&})();") : example;
    await build({
      stdin: { contents: whole, loader: "ts", resolveDir: from },
      ...{ bundle: true, format, platform: "node", outfile: join(folder, "main.js"), logLevel: "silent" },
    });
    write(folder, { "package.json": JSON.stringify({ type: format === "cjs" ? "commonjs" : "module" }) });
    expect(await printed(folder)).toBe("blue");
  });
});

/** The oldest compiler that the package supports, the one of this workspace, and the newest one. */
const COMPILERS = ["typescript-5.4", "typescript", "typescript-7"];
const MODULES = [
  ["bundler", "esnext"],
  ["node16", "node16"],
  ["nodenext", "nodenext"],
] as const;

/**
 * The test of declared features from `packages/client/tests/client/types.test.ts`, whose comments expect errors, as a file of a program without
 * Vitest.
 */
function declaredFeatures(): string {
  const test = readFileSync(join(WEB, "packages/client/tests/client/types.test.ts"), "utf8");
  const [declared] = /interface Flags [^]*?\n}\n\n[^]*?\n}\n/.exec(test)!;
  return `import { Client } from "fh-client";
type Equal<T, U> = (<X>() => X extends T ? 1 : 2) extends <X>() => X extends U ? 1 : 2 ? true : false;
declare function expectTypeOf<T>(value: T): {
  toEqualTypeOf<U>(...different: Equal<T, U> extends true ? [] : [never]): void;
};
${declared}
export { reads };
`;
}

/** A page has the library of the DOM. A program in Node has the types of Node; its files are modules by their names. */
const SURROUNDINGS = [
  ...MODULES.map(([resolution, module]) => ({ resolution, module, lib: ["es2022", "dom"], types: [] })),
  ...MODULES.slice(0, 2).map(([resolution, module]) => ({
    resolution,
    module,
    lib: ["es2022"],
    types: ["node"],
  })),
];

test.concurrent.each(
  COMPILERS.flatMap((compiler) => SURROUNDINGS.map((surroundings) => ({ compiler, ...surroundings }))),
)("$compiler compiles with moduleResolution $resolution and $lib", async (configuration) => {
  const { compiler, resolution, module, lib, types } = configuration;
  const folder = await project("node-esm", client!);
  if (types.length > 0)
    for (const name of ["@types/node", "undici-types"])
      cpSync(join(WEB, "node_modules", name), join(folder, "node_modules", name), { recursive: true });
  const compilerOptions = {
    ...{ noEmit: true, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types },
    ...{ target: "es2022", lib, module, moduleResolution: resolution },
  };
  const settings = JSON.stringify({ compilerOptions, files: ["main.ts", "all.ts", "types.ts"] });
  const all = ["", "/node", "/featurehub", "/testing"].map((path) => `import "fh-client${path}";\n`).join("");
  write(folder, {
    "main.ts": EXAMPLE,
    "all.ts": `${types.length > 0 ? all : ""}export {};\n`,
    "types.ts": declaredFeatures(),
    "tsconfig.json": settings,
  });
  const compile = run(process.execPath, [join(WEB, "node_modules", compiler, "bin/tsc"), "-p", folder]);
  // A compiler writes its errors to the standard output.
  const { stdout } = await compile.catch((error: unknown) => error as { stdout: string });
  expect(stdout).toBe("");
});
