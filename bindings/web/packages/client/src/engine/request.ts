import { IS_REQUESTED_EARLY, leanFile } from "#lean-file";

import type { WasmEngine } from "./engine.ts";
import type { LeanSource } from "./load.ts";
import type { EngineUser } from "./settings.ts";

/** The response to the request of {@link requestEngine}, until the engine is loaded from it. */
let response: Promise<Response> | undefined;
let isOver = !IS_REQUESTED_EARLY;

/**
 * Requests the lean engine's module in a page, so that it arrives beside the JavaScript that loads it. Only the first call of a realm sends a
 * request, because all clients of a realm share the engine.
 */
export function requestEngine(integrity: string | undefined): void {
  if (isOver) return;
  isOver = true;
  response = fetch(leanFile(), integrity === undefined ? {} : { integrity });
  // Loading the engine reports the failure.
  response.catch(() => undefined);
}

/** Returns the response to the early request at the first call, whose caller then owns it; `undefined` if there is none. */
function takeResponse(): Promise<Response> | undefined {
  const taken = response;
  response = undefined;
  return taken;
}

/** The lean engine's module beside the package's JavaScript. It is passed to the part that loads it, so that the two parts share no file. */
export const BUNDLED: LeanSource = { file: leanFile, takeResponse };

/** Returns true if a feature that waits for the engine has a pattern. The lean engine would be loaded in vain. */
function hasPattern({ rules }: EngineUser): boolean {
  return Array.from(rules?.features() ?? []).some(({ json }) => json.includes('"REGEX"'));
}

/**
 * Requests the engine's module if the page needs it, loads the JavaScript of the engine meanwhile, and makes the engine of a client. The client
 * imports this file when it needs an engine.
 */
export async function startEngine(user: EngineUser): Promise<WasmEngine> {
  const { engine, integrity, profile } = user.settings;
  if (engine === undefined && profile !== "edge" && !hasPattern(user)) requestEngine(integrity);
  const start = await import("./start.ts");
  return start.startEngine(user, BUNDLED, hasPattern);
}
