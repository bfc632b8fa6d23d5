import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";

/** The files that a page loads only when it uses them. Each of them was once part of each page. */
const LATE = [
  "baggage_header.ts",
  "default_warning.ts",
  "engine/",
  "node/",
  "repository/baggage/",
  "repository/environment_overrides.ts",
  "repository/usage/observers.ts",
  "repository/usage/sampling.ts",
  "repository/usage/summary.ts",
];

/** Beginnings of texts that only programs need which show sentences to people. */
const SENTENCES = ["the Edge does not know the key", "several environments have the feature"];

/** The size in bytes, as gzip, that the first part of a page must not exceed. Lower the number when the part has become smaller. */
const MOST_BYTES = 30_200;

const SRC = fileURLToPath(new URL("../../src", import.meta.url));

/** Returns the files of a page with a server-evaluated key that are loaded before its first answer, and the text of their bundle. */
async function firstPart(): Promise<{ files: string[]; text: string; bytes: number }> {
  const { metafile, outputFiles } = await build({
    stdin: {
      contents: `
        import { Client } from "./index.ts";
        const client = new Client("https://edge.example", "environment/key", { context: { userkey: "mara" } });
        await client.ready();
        console.log(client.isEnabled("A"));`,
      resolveDir: SRC,
      loader: "ts",
    },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    metafile: true,
    write: false,
    outfile: "page.js",
    absWorkingDir: SRC,
    plugins: [
      {
        name: "late",
        setup: (esbuild) => {
          esbuild.onResolve({ filter: /./ }, ({ kind, path }) =>
            kind === "dynamic-import" ? { path, external: true } : undefined,
          );
        },
      },
    ],
  });
  const [output] = Object.values(metafile.outputs);
  const files = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const [bundle] = outputFiles;
  if (!bundle) throw new Error("esbuild has written no bundle");
  return {
    files: files.map(([name]) => name),
    text: bundle.text,
    bytes: gzipSync(bundle.contents, { level: 9 }).length,
  };
}

test("a page loads only what it needs before its first answer", async () => {
  const { files, text, bytes } = await firstPart();
  expect(files).toContain("client.ts");
  expect(files.filter((file) => LATE.some((late) => file.startsWith(late)))).toEqual([]);
  expect(SENTENCES.filter((sentence) => text.includes(sentence))).toEqual([]);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
});
