// Builds the adapters into the folder `dist`: for Node `node.mjs`, for pages the files in `page`, and the engines beside both. `launch.mjs`
// and `with_browser.mjs` open pages.

import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const DIST = join(FOLDER, "dist");
const CLIENT = join(FOLDER, "../packages/client/src");
const LOOPS = join(FOLDER, "../../../conformance/adapters/templates");

rmSync(DIST, { recursive: true, force: true });
await Promise.all([
  build({
    entryPoints: [join(FOLDER, "node.ts")],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    alias: {
      "adapter-loop": join(LOOPS, "typescript/loop.ts"),
      "adapter-platform": join(FOLDER, "node_platform.ts"),
      "fh-client/node": join(CLIENT, "node/index.ts"),
      "fh-client": join(CLIENT, "index.ts"),
    },
    outfile: join(DIST, "node.mjs"),
    logLevel: "warning",
  }),
  build({
    entryPoints: [join(FOLDER, "page.ts")],
    bundle: true,
    platform: "browser",
    target: "es2022",
    format: "esm",
    // A page loads the engine when it needs one.
    splitting: true,
    alias: {
      "adapter-loop": join(LOOPS, "browser/loop.ts"),
      "adapter-platform": join(FOLDER, "page_platform.ts"),
      "fh-client": join(CLIENT, "index.ts"),
    },
    outdir: join(DIST, "page"),
    logLevel: "warning",
  }),
  build({
    entryPoints: [join(FOLDER, "launch.ts"), join(FOLDER, "with_browser.ts")],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    splitting: true,
    packages: "external",
    outExtension: { ".js": ".mjs" },
    outdir: DIST,
    logLevel: "warning",
  }),
]);

cpSync(join(FOLDER, "page.html"), join(DIST, "page/page.html"));
for (const folder of [DIST, join(DIST, "page")]) {
  mkdirSync(join(folder, "wasm"), { recursive: true });
  for (const engine of ["lean.wasm", "full.wasm"])
    cpSync(join(CLIENT, `engine/wasm/${engine}`), join(folder, `wasm/${engine}`));
}
