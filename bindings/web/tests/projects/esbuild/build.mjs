import { cpSync } from "node:fs";
import { build } from "esbuild";

await build({
  entryPoints: ["main.ts", "server.ts"],
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  outdir: "dist",
});
// esbuild leaves the addresses of files as they are, so the engine's files go beside the scripts.
cpSync("node_modules/fh-client/dist/wasm", "dist/wasm", { recursive: true });
