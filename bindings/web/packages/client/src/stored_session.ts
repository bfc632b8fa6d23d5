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
export function storedSession(storage: Pick<Storage, "getItem" | "setItem">): string {
  try {
    const stored = storage.getItem(SESSION);
    if (stored !== null && /^[\da-f]{32}$/.test(stored)) return stored;
  } catch {
    // The storage may fail for the write, too.
  }
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const session = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    storage.setItem(SESSION, session);
  } catch {
    // The session holds for this page only.
  }
  return session;
}
