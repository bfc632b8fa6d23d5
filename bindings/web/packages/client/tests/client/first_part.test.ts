import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build, type BuildResult, type Metafile, type Plugin } from "esbuild";
import { expect, test } from "vitest";

import { firstPart } from "../../../../packaging/first_part.ts";
import { PAGE_BUILD } from "../../../../packaging/page_build.ts";

/** The files that a page loads only when it uses them. Each of them was once part of each page. */
const LATE = [
  "client/mistakes.ts",
  "engine/",
  "node/",
  "overrides/baggage.ts",
  "overrides/tab.ts",
  "reads/explain.ts",
  "repository/baggage/",
  "repository/environment_overrides.ts",
  "repository/usage/observers.ts",
  "repository/usage/sampling.ts",
  "repository/usage/summary.ts",
  "ruleset/payload.ts",
  "storage/entries.ts",
  "storage/state.ts",
  "tabs/",
  "test_updates/answer.ts",
  "test_updates/put.ts",
  "test_updates/send.ts",
  "test_updates/update.ts",
];

/** Files of these folders that decide if and when a page loads the others. */
const FIRST = ["engine/access.ts", "engine/compiled_rules.ts", "engine/settings.ts"];

/** Beginnings of texts that only programs need which show sentences to people. */
const SENTENCES = ["the Edge does not know the key", "several environments have the feature"];

/** The size in bytes, as gzip, that the first part of a page must not exceed. Lower the number when the part has become smaller. */
const MOST_BYTES = 33_350;

const SRC = fileURLToPath(new URL("../../src", import.meta.url));

/** A page with a server-evaluated key. */
const PAGE = `
  import { Client } from "./index.ts";
  const client = new Client("https://edge.example", "environment/key", { context: { userkey: "mara" } });
  await client.ready();
  console.log(client.isEnabled("A"));`;

/** Bundles the page as a bundler does for production. */
async function bundlePage(plugins: Plugin[] = []): Promise<BuildResult<{ metafile: true; write: false }>> {
  return build({
    stdin: { contents: PAGE, resolveDir: SRC, loader: "ts", sourcefile: "page.ts" },
    ...PAGE_BUILD,
    absWorkingDir: SRC,
    plugins,
  });
}

/** Leaves out what is imported when it is used. */
const withoutLateParts: Plugin = {
  name: "late",
  setup: (esbuild) => {
    esbuild.onResolve({ filter: /./ }, ({ kind, path }) =>
      // The size must not depend on the folders of the parts.
      kind === "dynamic-import" ? { path: `./late/${basename(path)}`, external: true } : undefined,
    );
  },
};

test("a page loads only what it needs before its first answer", async () => {
  const { metafile, outputFiles } = await bundlePage([withoutLateParts]);
  expect(outputFiles).toHaveLength(1);
  const { text, contents } = outputFiles[0]!;
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const files = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([name]) => name);
  expect(files).toContain("client/client.ts");
  const late = files.filter((file) => LATE.some((late) => file.startsWith(late)));
  expect(late.filter((file) => !FIRST.includes(file))).toEqual([]);
  expect(SENTENCES.filter((sentence) => text.includes(sentence))).toEqual([]);
  expect(gzipSync(contents, { level: 9 }).length).toBeLessThanOrEqual(MOST_BYTES);
});

/** Adds a file to `loaded`, and the files that it imports at once. */
function load(metafile: Metafile, name: string, loaded: Set<string>): void {
  if (loaded.has(name)) return;
  loaded.add(name);
  for (const { kind, path } of metafile.outputs[name]?.imports ?? [])
    if (kind === "import-statement") load(metafile, path, loaded);
}

/** Returns the name of the file of a module that is an entry of the page. */
function fileOf({ outputs }: Metafile, entry: string): string {
  return Object.keys(outputs).find((name) => outputs[name]?.entryPoint === entry)!;
}

test("the first part of a page is one file besides that of the program, which has no sentences either", async () => {
  const { metafile, outputFiles } = await bundlePage([firstPart]);
  const loaded = new Set<string>();
  load(metafile, fileOf(metafile, "page.ts"), loaded);
  expect(loaded.size).toBeLessThanOrEqual(2);
  for (const { path, text } of outputFiles) {
    if ([...loaded].some((name) => path.endsWith(name)))
      expect(SENTENCES.filter((sentence) => text.includes(sentence))).toEqual([]);
  }
});

test("the file that loads the engine needs no other file than the first part, so the engine's module waits for one file", async () => {
  const { metafile } = await bundlePage([firstPart]);
  const loaded = new Set<string>();
  load(metafile, fileOf(metafile, "page.ts"), loaded);
  const atFirst = loaded.size;
  load(metafile, fileOf(metafile, "later:engine/start.ts"), loaded);
  expect(loaded.size).toBe(atFirst + 1);
});
