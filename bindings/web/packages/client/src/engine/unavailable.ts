import { EngineUnavailable } from "./settings.ts";

/**
 * Waits until an engine is loaded.
 *
 * @throws {@link EngineUnavailable} if it cannot be loaded. The text says what to do if a content security policy forbids WebAssembly.
 */
export async function available<M>(loading: Promise<M>): Promise<M> {
  try {
    return await loading;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const advice = /content security policy|unsafe-eval/i.test(text)
      ? ": allow 'wasm-unsafe-eval' in script-src, or use a server-evaluated key, which needs no engine"
      : "";
    throw new EngineUnavailable(text + advice, { cause: error });
  }
}
