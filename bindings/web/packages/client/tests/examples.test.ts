import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

import { blocksOfComments, blocksOfPage, type CodeBlock } from "./examples/code_blocks.ts";
import { problemsOf } from "./examples/compile.ts";

const PROJECT = fileURLToPath(new URL("../../../../../", import.meta.url));
const WEB = "bindings/web/";

/** A page whose programs use published packages of others. The tests of the published SDKs run these programs. */
const RUN_ELSEWHERE = "ofrep.md";

/** The pages whose blocks are compiled. */
const PAGES = [
  ...["README.md", `${WEB}README.md`, `${WEB}examples/README.md`],
  ...["client", "react", "openfeature"].map((name) => `${WEB}packages/${name}/README.md`),
  ...["guide", "reference", "project"].flatMap((folder) =>
    readdirSync(`${PROJECT}docs/${folder}`)
      .filter((name) => name.endsWith(".md") && name !== RUN_ELSEWHERE)
      .map((name) => `docs/${folder}/${name}`),
  ),
];

/** Languages in which no example is written, because it would not be compiled. */
const NOT_COMPILED = ["js", "jsx", "mjs", "mts", "javascript", "typescript"];

/** Returns the path of a prelude: a module with the names that examples use without a declaration. */
function prelude(name: string): string {
  return fileURLToPath(new URL(`examples/preludes/${name}.ts`, import.meta.url));
}

/** The modules in whose scope the examples of a folder are, by the beginning of the path. The first line that fits counts. */
const SCOPES: readonly (readonly [path: string, ...modules: readonly string[]])[] = [
  [`${WEB}packages/client/src/node/`, "fh-client/node", prelude("common")],
  [`${WEB}packages/client/src/testing/`, "fh-client/testing", prelude("testing"), prelude("common")],
  [`${WEB}packages/client/src/featurehub/`, "fh-client/featurehub", prelude("featurehub")],
  [`${WEB}packages/client/src/session/`, prelude("inner")],
  [`${WEB}packages/client/src/repository/`, "fh-client", prelude("inner"), prelude("common")],
  [`${WEB}packages/client/`, "fh-client", prelude("common")],
  [`${WEB}packages/react/src/featurehub.tsx`, "fh-react/featurehub", prelude("components")],
  [`${WEB}packages/react/src/`, "fh-react", prelude("components")],
  [`${WEB}packages/openfeature/src/web.ts`, "fh-openfeature/web", "fh-client"],
  [`${WEB}packages/openfeature/src/server.ts`, "fh-openfeature/server", "fh-client"],
  ["docs/guide/migrating-from-featurehub-js.md", prelude("frameworks")],
  ["docs/guide/web.md", "fh-client", prelude("common")],
];

/** Returns a block with the modules in whose scope it is. Those of a doc comment are in the scope of their own file, too. */
function scoped(block: CodeBlock) {
  const [, ...modules] = SCOPES.find(([path]) => block.file.startsWith(path)) ?? [""];
  return { ...block, scope: block.file.endsWith(".md") ? modules : [PROJECT + block.file, ...modules] };
}

/** Returns the blocks of all `@example`s of a package. */
function commentsOf(name: string): CodeBlock[] {
  const folder = `${WEB}packages/${name}/src/`;
  return readdirSync(PROJECT + folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) => blocksOfComments(folder + file, readFileSync(PROJECT + folder + file, "utf8")));
}

test("the examples of the pages and of the doc comments compile", () => {
  const pages = PAGES.flatMap((file) => blocksOfPage(file, readFileSync(PROJECT + file, "utf8")));
  const comments = ["client", "react", "openfeature"].flatMap(commentsOf);
  const blocks = [...pages, ...comments];
  expect(blocks.filter(({ language }) => NOT_COMPILED.includes(language))).toEqual([]);
  const examples = blocks.filter(({ language }) => language === "ts" || language === "tsx").map(scoped);
  for (const file of [`${WEB}packages/client/README.md`, "docs/guide/migrating-from-featurehub-js.md"])
    expect(examples.filter((example) => example.file === file).length).toBeGreaterThan(3);
  expect(comments.length).toBeGreaterThan(60);

  const wrong = { file: "wrong.md", line: 7, language: "ts", code: 'mara.isEnable("NEW_CHECKOUT");\n' };
  const known = "Property 'isEnable' does not exist on type 'Context<Flags>'. Did you mean 'isEnabled'?";
  const planted = { ...wrong, scope: ["fh-client", prelude("common")] };
  expect(problemsOf([...examples, planted])).toEqual([`wrong.md:8: ${known}`]);
});
