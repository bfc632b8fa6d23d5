/**
 * Calls user code. `caught` gets what the code throws.
 *
 * @returns false if the code threw
 */
export function runs(call: () => void, caught?: (error: unknown) => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    caught?.(error);
    return false;
  }
}
