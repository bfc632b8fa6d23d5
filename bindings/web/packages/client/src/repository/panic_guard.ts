/**
 * Calls user code. `caught` gets what the code throws, or the reason for which a promise that it returns is rejected: a rejection without a
 * handler would end a program in Node.
 *
 * @returns false if the code threw
 */
export function runs(call: () => unknown, caught: (error: unknown) => void = () => undefined): boolean {
  try {
    (call() as Partial<PromiseLike<unknown>> | null | undefined)?.then?.(undefined, caught);
    return true;
  } catch (error) {
    caught(error);
    return false;
  }
}
