/**
 * Calls user code.
 *
 * @returns false if the code threw
 */
export function runs(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}
