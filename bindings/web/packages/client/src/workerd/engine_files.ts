/** Returns the lean engine's module, which is a file of the deployed program. Such runtimes compile no bytes. */
export async function leanFile(): Promise<WebAssembly.Module> {
  return (await import("./lean_module.ts")).default;
}

/** Returns the full engine's module, which is a file of the deployed program. Such runtimes compile no bytes. */
export async function fullFile(): Promise<WebAssembly.Module> {
  return (await import("./full_module.ts")).default;
}
