// Builds the playground into a folder, and serves the files of that folder, as any web server could. There is no Edge. With the variable
// FH_PLAYGROUND, it only builds, into the folder that the variable names.
import console from "node:console";
import { resolve } from "node:path";
import process from "node:process";
import { build, preview } from "vite";

const root = import.meta.dirname;
const given = process.env["FH_PLAYGROUND"];
const outDir = given ?? resolve(root, "../../node_modules/.cache/fh-playground");
/** @type {import("vite").InlineConfig} */
const settings = {
  configFile: false,
  logLevel: "warn",
  root,
  // The files refer to each other by relative paths, so that the folder can be served under any path.
  base: "./",
  publicDir: "../public",
  worker: { format: "es" },
  build: { outDir, emptyOutDir: true },
  preview: { host: "127.0.0.1", port: Number(process.env["PORT"] ?? "5176") },
};
await build(settings);
if (given === undefined) {
  const server = await preview(settings);
  console.log(`Files: ${outDir}`);
  console.log(`Playground: ${server.resolvedUrls?.local[0] ?? ""}`);
}
