import { type Core, isDormant } from "./core.ts";
import type { Millis } from "../../repository/time.ts";
import { abort, streamDeadline } from "./stream.ts";
import { connect } from "./connect.ts";
import { timedOut } from "../../repository/problem.ts";
import { expireCommands } from "./pending.ts";

/** Returns the time for which the state waits; `undefined` if it waits for none. */
export function stateDeadline(core: Core): Millis | undefined {
  const { state } = core;
  if (isDormant(core)) return undefined;
  if (state.kind === "due") return state.at;
  if (state.kind === "streaming") return streamDeadline(state, core.config.limits)[0];
  return "until" in state ? state.until : undefined;
}

/** Acts if the deadline has passed. */
export function tick(core: Core): void {
  const { state, now } = core;
  if (!isDormant(core)) {
    if (state.kind === "due" && state.at <= now) {
      connect(core);
    } else if (state.kind === "streaming") {
      const [until, problem] = streamDeadline(state, core.config.limits);
      if (until <= now) abort(core, problem);
    } else if (state.kind === "fresh" && state.until <= now) {
      core.state = { kind: "expired" };
      core.actions.push({ type: "report_reads" });
    } else if ((state.kind === "connecting" || state.kind === "fetching") && state.until <= now) {
      abort(core, timedOut(state.kind === "connecting" ? "head" : "body"));
    }
  }
  expireCommands(core);
}
