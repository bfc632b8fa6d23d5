/**
 * `edge-runtime`, in which Next runs edge functions outside of Vercel. The example is bundled with the condition `edge-light`. As in Next, an
 * import of `*.wasm?module` is a global variable, and its module is compiled in the realm of Node, not in that of the program.
 */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { build, type Plugin } from "esbuild";

import { exampleAsFunction } from "./handler.ts";
import { INSTALLED, installed, type Runtime } from "./runtime.ts";

/** The part of the package `edge-runtime` that is used here. */
interface EdgeRuntimePackage {
  readonly EdgeRuntime: new (options: {
    readonly initialCode: string;
    readonly extend: (context: object) => object;
  }) => { dispatchFetch(url: string): Promise<Response> };
}

export const EDGE_RUNTIME: Runtime = {
  name: "edge-runtime",
  version: async () => {
    const manifest = await readFile(installed("edge-runtime/package.json"), "utf8");
    return (JSON.parse(manifest) as { version: string }).version;
  },
  printed: async (project) => {
    const files = new Map<string, string>();
    const listener = 'addEventListener("fetch", (event) => event.respondWith(answer()));\n';
    const { outputFiles } = await build({
      stdin: { contents: exampleAsFunction(project) + listener, loader: "ts", resolveDir: project },
      ...{ bundle: true, write: false, format: "iife", target: "es2022", logLevel: "silent" },
      conditions: ["edge-light"],
      plugins: [asGlobals(files)],
    });
    const modules: Record<string, WebAssembly.Module> = {};
    for (const [name, path] of files) modules[name] = await WebAssembly.compile(await readFile(path));
    const { EdgeRuntime } = createRequire(join(INSTALLED, "package.json"))(
      "edge-runtime",
    ) as EdgeRuntimePackage;
    const runtime = new EdgeRuntime({
      initialCode: outputFiles[0]?.text ?? "",
      extend: (context) => Object.assign(context, modules),
    });
    return (await runtime.dispatchFetch("https://function.example")).text();
  },
};

/** Makes imports of modules global variables, and adds the files of the modules to a map, by the names of the variables. */
function asGlobals(files: Map<string, string>): Plugin {
  return {
    name: "modules-as-globals",
    setup: (esbuild) => {
      esbuild.onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({
        path: join(resolveDir, path.replace("?module", "")),
        namespace: "module",
      }));
      esbuild.onLoad({ filter: /./, namespace: "module" }, ({ path }) => {
        const name = `wasm_${basename(path, ".wasm")}`;
        files.set(name, path);
        return { contents: `export default ${name};` };
      });
    },
  };
}
