/** The full engine's module, compressed by Brotli, in base64. The build of the package defines the variable. */
export default (globalThis as { readonly FH_FULL_COPY?: string }).FH_FULL_COPY;
