import { EngineUnavailable } from "../engine_access.ts";

/** Returns the error with a text that says what to do if a content security policy forbids WebAssembly. */
export function unavailable(error: unknown): EngineUnavailable {
  const text = error instanceof Error ? error.message : String(error);
  const advice = /content security policy|unsafe-eval/i.test(text)
    ? ": allow 'wasm-unsafe-eval' in script-src, or use a server-evaluated key, which needs no engine"
    : "";
  return new EngineUnavailable(text + advice, { cause: error });
}
