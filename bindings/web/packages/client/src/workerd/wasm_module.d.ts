/** A module that the bundler compiles when the program is deployed. */
declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
