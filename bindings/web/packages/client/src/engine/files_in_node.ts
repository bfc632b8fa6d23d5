import type { ModuleBytes } from "../platform/browser_types.ts";
import { readFile } from "node:fs/promises";
import { brotliDecompressSync } from "node:zlib";

/**
 * Reads a module from its file, or from its copy in the package's JavaScript if the file cannot be read. A bundle is in another place than the
 * package's files, one of CommonJS has no `import.meta.url`, and the bundlers of Next replace `new URL` by an address for pages.
 *
 * @throws the error of the file if the JavaScript has no copy, as in the sources of the package
 */
async function fileOrCopy(
  file: () => URL,
  copy: () => Promise<{ readonly default: string | undefined }>,
): Promise<ModuleBytes> {
  try {
    return new Uint8Array(await readFile(file()));
  } catch (error) {
    const text = (await copy()).default;
    if (text === undefined) throw error;
    return new Uint8Array(brotliDecompressSync(Buffer.from(text, "base64")));
  }
}

/** Returns the lean engine's module. */
export function leanFile(): Promise<ModuleBytes> {
  return fileOrCopy(
    () => new URL("./wasm/lean.wasm", import.meta.url),
    () => import("./lean_copy.ts"),
  );
}

/** Returns the full engine's module. */
export function fullFile(): Promise<ModuleBytes> {
  return fileOrCopy(
    () => new URL("./wasm/full.wasm", import.meta.url),
    () => import("./full_copy.ts"),
  );
}
