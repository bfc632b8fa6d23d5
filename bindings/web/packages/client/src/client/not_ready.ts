import type { Problem, SessionStatus } from "../repository/lib.ts";
import { problemName } from "../repository/problem.ts";

/**
 * The error of a wait for a client to be ready. The message is the reason with the code of the last problem; {@link problemText} returns a
 * sentence for people.
 *
 * - `timedOut`: the time limit passed. The client continues its work.
 * - `failed`: the Edge refuses the client, or has sent no environment of its API keys.
 * - `stopped`: the client has no features, and sends no more requests.
 * - `closed`: the client is closed.
 * - `aborted`: the caller's signal was aborted.
 *
 * @example
 * ```ts
 * await client.ready({ timeoutMs: 5000 }).catch((error: NotReady) => console.warn(error.reason, error.problem));
 * ```
 */
export class NotReady extends Error {
  override readonly name = "NotReady";
  /** The reason why the wait failed. */
  readonly reason: "timedOut" | "failed" | "stopped" | "closed" | "aborted";
  /** The client's last problem; `undefined` if there was none. */
  readonly problem: Problem | undefined;

  /** @internal */
  constructor(reason: NotReady["reason"], problem: Problem | undefined, cause?: unknown) {
    super(problem ? `${reason}: ${problemName(problem)}` : reason, { cause });
    this.reason = reason;
    this.problem = problem;
  }
}

/** Returns `true` if the client is ready, the error if the wait has failed, and `undefined` if the caller should wait on. */
export function readyOutcome(status: SessionStatus, throughRefusals: boolean): NotReady | true | undefined {
  const { readiness, connection, problem } = status;
  if (readiness === "READY") return true;
  if (readiness === "CLOSED") return new NotReady("closed", problem);
  if (throughRefusals) return undefined;
  if (readiness === "FAILED") return new NotReady(problem ? "failed" : "stopped", problem);
  const isStopped = connection === "offline" || connection === "halted" || connection === "done";
  return isStopped ? new NotReady("stopped", problem) : undefined;
}
