import { runs } from "../repository/panic_guard.ts";
import { SESSION } from "./stored_state.ts";

/**
 * Returns a random text that stays in a storage, for the attribute `session`: rollouts then give the same value to a visitor without a
 * `userkey` at each visit. If the storage fails, the text is new at each call.
 *
 * @example
 * ```ts
 * const client = new Client(url, key, { context: { session: storedSession(localStorage) } });
 * ```
 */
export function storedSession(storage: {
  getItem(name: string): string | null;
  setItem(name: string, value: string): unknown;
}): string {
  let stored: unknown;
  runs(() => (stored = storage.getItem(SESSION)));
  if (typeof stored === "string" && /^[\da-f]{32}$/.test(stored)) return stored;
  // It is no secret. Some pages have no `crypto`.
  const session = Array.from({ length: 32 }, () => Math.floor(Math.random() * 16).toString(16)).join("");
  // If this fails, the session holds for this page only.
  runs(() => storage.setItem(SESSION, session));
  return session;
}
