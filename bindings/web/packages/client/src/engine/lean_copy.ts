/** The lean engine's module, compressed by Brotli, in base64. The build of the package defines the variable. */
export default (globalThis as { readonly FH_LEAN_COPY?: string }).FH_LEAN_COPY;
