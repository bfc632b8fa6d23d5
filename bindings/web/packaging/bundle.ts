import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { firstPart } from "./first_part.ts";
import type { Package, Platform } from "./packages.ts";

/** The engines of `fh-client`, relative to the folder of the package, and their place beside the built files. */
const ENGINES = "src/engine/wasm";
const BUILT_ENGINES = "dist/wasm";

/**
 * Writes the JavaScript of a package. The files of one platform share their common parts, so that each part exists once in a program. What
 * is imported when it is used is a file of its own. The engines stay files; the JavaScript for Node also has copies for bundles without them.
 */
export async function bundle(of: Package): Promise<void> {
  for (const platform of of.platforms) await bundleFor(of, platform);
  if (of.manifest.name !== "fh-client") return;
  mkdirSync(join(of.folder, BUILT_ENGINES), { recursive: true });
  for (const file of ["lean.wasm", "full.wasm", "engine.json"])
    cpSync(join(of.folder, ENGINES, file), join(of.folder, BUILT_ENGINES, file));
}

async function bundleFor(of: Package, platform: Platform): Promise<void> {
  const subpaths = of.subpaths.filter((subpath) => of.platformsOf(subpath).includes(platform));
  const entries = subpaths.map((subpath) => ({
    in: join(of.folder, subpath.source),
    out: of.fileOf(subpath, platform).replace(/^\.\/dist\/|\.js$/g, ""),
  }));
  await build({
    entryPoints: entries,
    absWorkingDir: of.folder,
    outdir: of.dist,
    bundle: true,
    // Other packages and the modules of Node stay imports.
    packages: "external",
    platform: platform.condition === "node" ? "node" : "neutral",
    conditions: [platform.condition],
    format: "esm",
    target: "es2022",
    splitting: true,
    chunkNames: "[name]-[hash]",
    jsx: "automatic",
    sourcemap: "linked",
    logLevel: "warning",
    define: platform.condition === "node" && of.manifest.name === "fh-client" ? copies(of) : {},
    plugins: [compiledLater, firstPart],
  });
}

/** Returns the variables of the files `lean_copy.ts` and `full_copy.ts`. */
function copies(of: Package): Record<string, string> {
  const copy = (engine: string): string =>
    JSON.stringify(
      brotliCompressSync(readFileSync(join(of.folder, ENGINES, `${engine}.wasm`))).toString("base64"),
    );
  return { "globalThis.FH_LEAN_COPY": copy("lean"), "globalThis.FH_FULL_COPY": copy("full") };
}

/** Keeps imports of modules that the bundler of a program compiles, at the place where the built engines are. */
const compiledLater: Plugin = {
  name: "compiled-later",
  setup: (esbuild) => {
    esbuild.onResolve({ filter: /\/wasm\/\w+\.wasm\?module$/ }, ({ path }) => ({
      path: path.replace(/^.*\/wasm\//, "./wasm/"),
      external: true,
    }));
  },
};
