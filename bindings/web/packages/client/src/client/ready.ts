import { type Driver, LONGEST_DELAY } from "../driver/driver.ts";
import { NotReady, readyOutcome } from "./not_ready.ts";
import { type Repository, RepositoryWatch } from "../repository/lib.ts";

/**
 * Options of a wait for a client to be ready.
 *
 * @example
 * ```ts
 * const options: ReadyOptions = { timeoutMs: 5000, throughRefusals: true };
 * await client.ready(options);
 * ```
 */
export interface ReadyOptions {
  /** The time limit in milliseconds. Without it, the wait has no limit. */
  readonly timeoutMs?: number;
  /** Ends the wait when it is aborted. */
  readonly signal?: AbortSignal;
  /** True to wait also while the Edge refuses the client, or while the client sends no requests. */
  readonly throughRefusals?: boolean;
}

/**
 * Waits until the client of this repository is ready. A client that sends no requests, but whose features wait for the engine, will be.
 *
 * @throws {@link NotReady} after the time limit, if the Edge refuses the client, if the client sends no more requests, or if it is closed
 */
export async function untilReady(
  repository: Repository,
  driver: Pick<Driver, "isCompiling">,
  options: ReadyOptions,
): Promise<void> {
  const { timeoutMs, signal, throughRefusals = false } = options;
  let stop: (reason: NotReady["reason"]) => void = () => undefined;
  const stopped = new Promise<NotReady["reason"]>((resolve) => (stop = resolve));
  const onAbort = (): void => {
    stop("aborted");
  };
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort);
  // The timer keeps a program in Node running while it waits, also with `keepAlive: false`.
  const timer =
    timeoutMs === undefined
      ? setInterval(() => undefined, LONGEST_DELAY)
      : setTimeout(stop, Math.min(timeoutMs, LONGEST_DELAY), "timedOut");
  try {
    const watch = new RepositoryWatch(repository.tasks);
    for (;;) {
      const outcome = readyOutcome(repository.status, throughRefusals);
      if (outcome === true) return;
      if (outcome && !(outcome.reason === "stopped" && driver.isCompiling)) throw outcome;
      const reason = await Promise.race([watch.changed(), stopped]);
      if (reason) throw new NotReady(reason, repository.status.problem, signal?.reason);
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
