import { runs } from "./repository/panic_guard.ts";
import { SESSION, type StateStorage } from "./stored_state.ts";

/**
 * Returns a random text that stays in a storage, for the attribute `session`: rollouts then give the same value to a visitor without a
 * `userkey` at each visit. If the storage fails, the text is new at each call.
 *
 * @example
 * ```ts
 * const client = new Client(url, key, { context: { session: storedSession(localStorage) } });
 * ```
 */
export function storedSession(storage: Pick<Storage, "getItem" | "setItem">): string {
  let stored: unknown;
  runs(() => (stored = storage.getItem(SESSION)));
  if (typeof stored === "string" && /^[\da-f]{32}$/.test(stored)) return stored;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const session = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  // If this fails, the session holds for this page only.
  const written: Pick<StateStorage, "setItem"> = storage;
  runs(() => written.setItem(SESSION, session));
  return session;
}
