import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { WEB } from "./packages.ts";
import { PAGE_BUILD } from "./page_build.ts";

/** Something that a page loads. */
export interface Page {
  /** The program of the page, or the part of it that is measured. */
  readonly program?: string;
  /** The parts that the page imports later and that count, by the beginnings of the names of their files. */
  readonly parts?: readonly string[];
  /** True to count the parts only, and not what the page loads at first. */
  readonly isPart?: boolean;
  /** Another program, whose size is subtracted. */
  readonly base?: string;
  /** The packages that are not counted, because the program has them anyway. */
  readonly external?: readonly string[];
  /** Files of the built engines. */
  readonly engines?: readonly string[];
}

const client = (key: string): string => `
  import { Client } from "fh-client";
  const client = new Client("https://edge.example", "${key}", { context: { userkey: "mara" } });
  await client.ready();
  console.log(client.isEnabled("A"));`;
/** Returns a program that uses all exports of the modules. */
const all = (...modules: readonly string[]): string =>
  modules.map((name, at) => `import * as all${at} from "${name}"; console.log(all${at});`).join("\n");
const SERVER_EVALUATED = client("environment/key");
const REACT = ["react", "react/*", "react-dom", "fh-client"];

/** What is measured, by the names of the lines. */
export const pages: Readonly<Record<string, Page>> = {
  "page with a server-evaluated key, at first": { program: SERVER_EVALUATED },
  "featurehub-javascript-client-sdk 1.4.0, the same page": {
    program: `
      import { EdgeFeatureHubConfig } from "featurehub-javascript-client-sdk";
      const config = new EdgeFeatureHubConfig("https://edge.example", "environment/key");
      const context = await config.newContext().userKey("mara").build();
      console.log(context.isEnabled("A"));`,
  },
  "page with a client-evaluated key, at first": {
    program: client("environment/key*"),
    parts: ["start-", "lean-"],
    engines: ["lean.wasm"],
  },
  "lean engine with its JavaScript": {
    program: SERVER_EVALUATED,
    isPart: true,
    parts: ["lean-"],
    engines: ["lean.wasm"],
  },
  "full engine with its JavaScript, when used": {
    program: SERVER_EVALUATED,
    isPart: true,
    parts: ["full-"],
    engines: ["full.wasm"],
  },
  "streams shared by tabs, when used": { program: SERVER_EVALUATED, isPart: true, parts: ["tabs-"] },
  "test updates, when used": { program: SERVER_EVALUATED, isPart: true, parts: ["send-"] },
  "overrides of testers, when used": {
    program: SERVER_EVALUATED,
    isPart: true,
    parts: ["tab-"],
  },
  "stored state, when used": { program: SERVER_EVALUATED, isPart: true, parts: ["state-"] },
  "observers, when used": { program: SERVER_EVALUATED, isPart: true, parts: ["observers-"] },
  "baggage, when used": { program: SERVER_EVALUATED, isPart: true, parts: ["baggage-"] },
  "fh-client/featurehub, without fh-client": {
    program: all("fh-client", "fh-client/featurehub"),
    base: all("fh-client"),
  },
  "fh-react, without fh-client": {
    program: `export * from "fh-react"`,
    external: REACT,
  },
  "fh-openfeature/web, without fh-client": {
    program: `export * from "fh-openfeature/web"`,
    external: ["fh-client", "@openfeature/*"],
  },
};

/** Resolves the packages of the workspace to their built files. */
const built: Plugin = {
  name: "built",
  setup: (esbuild) => {
    esbuild.onResolve({ filter: /^fh-(?:client|react|openfeature)(?:\/\w+)?$/ }, ({ path }) => {
      const [, name, subpath = "index"] = /^fh-(\w+)(?:\/(\w+))?$/.exec(path) ?? [];
      const external = esbuild.initialOptions.external?.includes(path) === true;
      return external ? { path, external } : { path: join(WEB, `packages/${name}/dist/${subpath}.js`) };
    });
  },
};

/** Returns the files that count, as a bundler writes them. */
export async function filesOf(page: Page, engines: string): Promise<Uint8Array[]> {
  const modules = (page.engines ?? []).map((file) => readFileSync(join(engines, file)));
  if (page.program === undefined) return modules;
  const { metafile, outputFiles } = await build({
    stdin: { contents: page.program, resolveDir: WEB, sourcefile: "page.js" },
    ...PAGE_BUILD,
    absWorkingDir: WEB,
    external: [...(page.external ?? [])],
    plugins: [built],
    // The published SDK is CommonJS, and names Node's global object.
    define: { global: "globalThis" },
    logLevel: "error",
  });
  const { outputs } = metafile;
  const first = new Set<string>();
  add(outputs, Object.keys(outputs).find((name) => outputs[name]?.entryPoint === "page.js") ?? "", first);
  const names = new Set(first);
  for (const part of page.parts ?? []) {
    const file = Object.keys(outputs).find((name) => name.startsWith(`out/${part}`));
    if (file === undefined) throw new Error(`the page imports no part ${part}…`);
    add(outputs, file, names);
  }
  if (page.isPart === true) for (const name of first) names.delete(name);
  const isCounted = (path: string): boolean => [...names].some((name) => path.endsWith(`/${name}`));
  const files = outputFiles.filter(({ path }) => isCounted(path)).map(({ contents }) => contents);
  return [...files, ...modules];
}

/** Adds a file and the files that it imports at once. */
function add(outputs: Metafile["outputs"], name: string, names: Set<string>): void {
  if (names.has(name)) return;
  names.add(name);
  for (const { kind, path } of outputs[name]?.imports ?? [])
    if (kind === "import-statement" && path in outputs) add(outputs, path, names);
}
