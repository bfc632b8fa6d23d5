/** Waits for a promise. Returns after this number of milliseconds at the latest. */
export async function atMost(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  try {
    await Promise.race([promise, end]);
  } finally {
    clearTimeout(timer);
  }
}
