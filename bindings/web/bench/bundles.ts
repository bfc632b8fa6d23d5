import { join } from "node:path";
import { build } from "esbuild";
import { firstPart } from "../packaging/first_part.ts";

/** The folder of the bench. */
export const FOLDER = import.meta.dirname;
/** The folder of the bundles for Node, from which the installed SDKs are found. */
const CACHE = join(FOLDER, "node_modules/.cache");
/** The packages that are not part of the bundles for Node. */
const SDKS = [
  "featurehub-javascript-*",
  "unleash-client",
  ...["@growthbook/*", "@launchdarkly/*", "@statsig/*", "@featbit/*", "@flipt-io/*"],
];

/** Bundles a program of this folder for Node, and returns the path of the bundle. */
export async function forNode(entry: string): Promise<string> {
  const outfile = join(CACHE, entry.replace(/\.ts$/, ".mjs"));
  await build({
    entryPoints: [join(FOLDER, entry)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: SDKS,
    logLevel: "warning",
  });
  return outfile;
}

/**
 * Bundles a program of this folder as web pages load it: minified, with a file for each dynamic import. Each file begins with a mark of the
 * time. Returns the texts by their paths.
 */
export async function forPages(entry: string, name = "page"): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    entryPoints: { [name]: join(FOLDER, entry) },
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "browser",
    mainFields: ["module", "main"],
    target: "es2022",
    splitting: true,
    outdir: "/",
    chunkNames: "[name]-[hash]",
    define: { global: "globalThis" },
    plugins: [firstPart],
    banner: { js: 'performance.mark("script");' },
    logLevel: "silent",
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}
