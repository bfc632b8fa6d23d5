// Runs asynchronous work without overlap.

/** Returns a function that runs `work`. Calls while it runs, however many, cause one further run. */
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
