// The engine for client-evaluated keys, which a page loads when it uses it. Its module is requested before the parts that use it have
// arrived. The comment of `first_part.ts` says why its parts are exported here, too.
import { BUNDLED, requestEngine } from "../engine/early_request.ts";
import type { WasmEngine } from "../engine/engine.ts";
import type { EngineAccess } from "../engine_access.ts";

export * from "../first_part.ts";

/** Loads the engine, and makes the engine of a client from it. */
export async function startEngine(access: EngineAccess): Promise<WasmEngine> {
  const { engine, integrity, profile } = access.settings;
  if (engine === undefined && profile !== "edge") requestEngine(integrity);
  const start = await import("./engine_start.ts");
  return start.startEngine(access, BUNDLED);
}
