/** Node reads the modules from files, which needs no request. */
export const IS_REQUESTED_EARLY: boolean = false;

/** Returns the address of the lean engine's module, which is read when the engine is loaded. */
export function leanFile(): URL {
  return readable(new URL("./wasm/lean.wasm", import.meta.url), "./wasm/lean.wasm", import.meta.url);
}

/** Returns the address of the full engine's module. */
export function fullFile(): URL {
  return readable(new URL("./wasm/full.wasm", import.meta.url), "./wasm/full.wasm", import.meta.url);
}

/**
 * Returns an address from which a server can read the module. The bundlers of Next replace `new URL` by an address for pages, but only where its
 * arguments are known at build time. They keep `import.meta.url` as the place of the package's file.
 */
function readable(found: URL, file: string, base: string): URL {
  return found.protocol === "" ? new URL(file, base) : found;
}
