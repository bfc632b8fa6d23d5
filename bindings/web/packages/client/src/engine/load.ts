import type { ModuleBytes } from "../platform/browser_types.ts";
import { fullFile } from "#full-file";
import { leanFile } from "#lean-file";

import type { EngineModule, FullEngineModule } from "./module.ts";

/** A WebAssembly module in one of the forms in which a program can have it. */
export type EngineSource =
  | WebAssembly.Module
  | Response
  | URL
  | ModuleBytes
  | Promise<WebAssembly.Module | Response | URL | ModuleBytes>;

/** Options of loading an engine. */
export interface LoadOptions {
  /** The digest that the module must have, as in the attribute `integrity` of a script. Checked for a URL only. */
  readonly integrity?: string | undefined;
  /** Reads a `file:` URL, which the `fetch` of Node cannot do. */
  readonly readFile?: ((url: URL) => Promise<ModuleBytes>) | undefined;
}

/** The first bytes of each WebAssembly module. */
const MAGIC = [0x00, 0x61, 0x73, 0x6d];

/** The modules of this realm, by the name of the engine. Each is compiled once. */
const loaded = new Map<string, Promise<EngineModule>>();

/** The full engine, once this realm has loaded it. */
let full: FullEngineModule | undefined;

/** Returns the full engine if this realm has loaded it. */
export function loadedFull(): FullEngineModule | undefined {
  return full;
}

/**
 * Loads the lean engine, from the module beside the package's JavaScript by default. The first call decides about the source. A call after a
 * failure tries again.
 */
export function loadLean(source: EngineSource | undefined, options: LoadOptions = {}): Promise<EngineModule> {
  return once("lean", async () => {
    const [glue, module] = await Promise.all([
      import("./wasm/lean.js"),
      compiled(source ?? leanFile(), options),
    ]);
    glue.initSync({ module });
    return glue;
  });
}

/** Loads the full engine, as {@link loadLean} loads the lean one. */
export function loadFull(
  source: EngineSource | undefined,
  options: LoadOptions = {},
): Promise<FullEngineModule> {
  return once("full", async () => {
    const [glue, module] = await Promise.all([
      import("./wasm/full.js"),
      compiled(source ?? fullFile(), options),
    ]);
    glue.initSync({ module });
    full = glue;
    return glue;
  });
}

function once<M extends EngineModule>(name: string, load: () => Promise<M>): Promise<M> {
  const known = loaded.get(name) as Promise<M> | undefined;
  if (known !== undefined) return known;
  const loading = load();
  loaded.set(name, loading);
  loading.catch(() => loaded.delete(name));
  return loading;
}

/**
 * Compiles a module, while it arrives if possible.
 *
 * @throws an error with the URL and the reason if the source is no WebAssembly module
 */
export async function compiled(given: EngineSource, options: LoadOptions = {}): Promise<WebAssembly.Module> {
  const source = ofThisRealm(await given);
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof URL && source.protocol === "file:" && options.readFile)
    return WebAssembly.compile((await options.readFile(source)) as BufferSource);
  if (source instanceof URL) return fromResponse(await requested(source, options), source.href);
  if (source instanceof Response) return fromResponse(source, source.url);
  return WebAssembly.compile(source as BufferSource);
}

/**
 * Lets `instanceof` recognise a module of another realm, as wasm-bindgen's JavaScript expects, and returns it. Next runs the programs of the
 * edge runtime in a realm of their own, but compiles their modules in that of Node.
 */
function ofThisRealm<S extends object>(source: S): S {
  const isModule = Object.prototype.toString.call(source) === "[object WebAssembly.Module]";
  if (isModule && !(source instanceof WebAssembly.Module))
    Object.setPrototypeOf(source, WebAssembly.Module.prototype);
  return source;
}

async function requested(url: URL, { integrity }: LoadOptions): Promise<Response> {
  try {
    return await fetch(url, integrity === undefined ? {} : { integrity });
  } catch (error) {
    throw unusable(url.href, error instanceof Error ? error.message : String(error));
  }
}

async function fromResponse(response: Response, url: string): Promise<WebAssembly.Module> {
  if (!response.ok) throw unusable(url, `the server answered ${response.status}`);
  const type = response.headers.get("content-type") ?? "";
  if (/^application\/wasm\s*$/i.test(type)) return WebAssembly.compileStreaming(response);
  // Servers send the module with other types, which the compiler of streams refuses.
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (MAGIC.every((byte, at) => bytes[at] === byte)) return WebAssembly.compile(bytes);
  const reason = type.startsWith("text/html")
    ? 'the server answered an HTML page. With Vite before version 8, add to its configuration: optimizeDeps: { exclude: ["fh-client"] }'
    : `the server answered no WebAssembly module (content type ${JSON.stringify(type)})`;
  throw unusable(url, reason);
}

function unusable(url: string, reason: string): Error {
  return new Error(`the evaluation engine cannot be loaded from ${url}: ${reason}`);
}
