// Builds the adapter for Node into the folder `dist`: one file, and the engines beside it.

import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));

await build({
  entryPoints: [join(FOLDER, "node.ts")],
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  alias: { "fh-client": join(FOLDER, "../packages/client/src/index.ts") },
  outfile: join(FOLDER, "dist/node.mjs"),
  logLevel: "warning",
});

mkdirSync(join(FOLDER, "dist/wasm"), { recursive: true });
for (const engine of ["lean.wasm", "full.wasm"]) {
  cpSync(join(FOLDER, `../packages/client/src/engine/wasm/${engine}`), join(FOLDER, `dist/wasm/${engine}`));
}
