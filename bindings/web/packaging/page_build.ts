import type { BuildOptions } from "esbuild";

/** The settings with which a bundler builds a page for production. The files are not written. */
export const PAGE_BUILD = {
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  metafile: true,
  write: false,
  outdir: "out",
} as const satisfies BuildOptions;
