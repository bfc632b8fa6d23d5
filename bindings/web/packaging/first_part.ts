import { join, relative } from "node:path";
import type { Plugin } from "esbuild";

/** The path of the sources of `fh-client`, after that of the workspace. */
const SOURCES = "/packages/client/src";

/** What each file that is loaded later exports besides its own names, so that it needs the whole first part of a page. */
const FIRST_PART = `export { Client } from "./client/client.ts"; export { Refused } from "./test_updates/refused.ts";`;

/** Files that hold data alone, and no code that a later part shares with the first one. */
const DATA = /_(?:copy|module)\.ts$/;

/**
 * Keeps the first part of a page in one file. A bundler puts the files that the same parts need into one file. If each part that a page loads
 * later needs all files of the first part, those stay together, and each later part is one more file.
 */
export const firstPart: Plugin = {
  name: "first-part",
  setup: (esbuild) => {
    esbuild.onResolve({ filter: /^\..*\.ts$/ }, ({ kind, path, resolveDir }) => {
      const at = resolveDir.indexOf(SOURCES);
      if (kind !== "dynamic-import" || at < 0 || DATA.test(path)) return undefined;
      const sources = resolveDir.slice(0, at + SOURCES.length);
      // A path that depends on no machine, because bundles may show it.
      const name = relative(sources, join(resolveDir, path));
      return { path: name, namespace: "later", pluginData: sources };
    });
    esbuild.onLoad({ filter: /./, namespace: "later" }, ({ path, pluginData }) => ({
      contents: `export * from "./${path}"; ${FIRST_PART}`,
      resolveDir: pluginData as string,
    }));
  },
};
