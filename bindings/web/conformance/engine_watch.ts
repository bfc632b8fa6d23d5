import type { Client } from "fh-client";

/** A function that each evaluation engine exports, and no other module does. {@link checkEngine} fails if an engine lacks it. */
const EXPORT = "free_ruleset";

let isLoaded = false;
let mayLoad = false;

/** Notes each evaluation engine that the client compiles from now on. */
export function watchEngines(): void {
  const { compile, compileStreaming } = WebAssembly;
  const noted = async (compiling: Promise<WebAssembly.Module>): Promise<WebAssembly.Module> => {
    const module = await compiling;
    isLoaded ||= WebAssembly.Module.exports(module).some(({ name }) => name === EXPORT);
    return module;
  };
  WebAssembly.compile = (bytes) => noted(compile(bytes));
  WebAssembly.compileStreaming = (source) => noted(compileStreaming(source));
}

/** Permits the engine, because the runner asks for evaluations. */
export function permitEngine(): void {
  mayLoad = true;
}

/**
 * Checks that a program which only uses server-evaluated keys has not loaded an engine. A client with a client-evaluated key is ready only
 * once it has an engine: if the watch has noticed none by then, the watch itself is broken, and would notice none for other keys either.
 *
 * @throws an error, with which the scenario fails
 */
export function checkEngine({ keyKind, isReady }: Pick<Client, "keyKind" | "isReady">): void {
  mayLoad ||= keyKind === "client";
  if (isLoaded && !mayLoad) throw new Error("the client of a server-evaluated key has loaded the engine");
  if (!isLoaded && isReady && keyKind === "client")
    throw new Error(`no compiled module with the export ${EXPORT} was noticed, but the client has an engine`);
}
