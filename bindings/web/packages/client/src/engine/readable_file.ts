/**
 * Returns an address from which a server can read the module. The bundlers of Next replace `new URL` by an address for pages, but only where its
 * arguments are known at build time. They keep `import.meta.url` as the place of the package's file.
 */
export function readable(found: URL, file: string, base: string): URL {
  return found.protocol === "" ? new URL(file, base) : found;
}
