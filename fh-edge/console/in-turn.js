// Work that follows something: one after the other, and never more often than it takes.

/** Answers a function that runs `work`; whoever calls it meanwhile, however often, has it run once more afterwards. */
export function inTurn(work) {
  let isRunning = false;
  let again = false;
  return async () => {
    again = true;
    if (isRunning) return;
    isRunning = true;
    try {
      while (again) {
        again = false;
        await work();
      }
    } finally {
      isRunning = false;
    }
  };
}
