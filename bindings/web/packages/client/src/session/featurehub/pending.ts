import { type Problem, timedOut } from "../../repository/problem.ts";
import { after, type Millis } from "../../repository/time.ts";
import type { CommandId, Outcome } from "../action.ts";
import { type Core, type Pending, readiness } from "./core.ts";

/** Returns the pending form of a command that sets a context. The command's time limit is that of a poll, from now. */
export function pendingContext(core: Core, commandId: CommandId): Pending {
  return { commandId, expires: after(core.now, core.config.limits.poll) };
}

/** Queues an outcome for each command that waits for the current or next request, and removes these commands. */
export function settle(core: Core, problem?: Problem): void {
  settleAll(core, core.commands.splice(0), problem);
}

/** Queues an outcome for each of the commands: the problem, or the readiness if there is none. */
export function settleAll(core: Core, pending: readonly Pending[], problem?: Problem): void {
  for (const { commandId } of pending) reply(core, commandId, problem);
}

/** Queues the outcome of a command. Outcomes follow all other actions of the same input. */
export function reply(core: Core, commandId: CommandId, problem?: Problem): void {
  const outcome: Outcome = problem ? { problem } : { readiness: readiness(core) };
  core.settled.push({ type: "command_done", commandId, outcome });
}

/**
 * Removes the commands that set the current context from the commands that wait for the current request, and returns the removed commands.
 */
export function takePendingContexts(core: Core): Pending[] {
  const contexts = core.commands.filter(({ expires }) => expires !== undefined);
  core.commands = core.commands.filter(({ expires }) => expires === undefined);
  return contexts;
}

/**
 * Returns the earliest time at which a pending command expires; `undefined` if no pending command has a time limit, or if the session has
 * not started. The limits begin anew at the start, because no request is sent before.
 */
export function commandDeadline(core: Core): Millis | undefined {
  if (core.state.kind === "idle") return undefined;
  let earliest: Millis | undefined;
  for (const { expires } of [...core.commands, ...(core.next?.pending ?? [])]) {
    if (expires !== undefined && (earliest === undefined || expires < earliest)) earliest = expires;
  }
  return earliest;
}

/** Restarts the time limits of commands that were given before the start. */
export function restartCommandLimits(core: Core): void {
  core.commands = core.commands.map((pending) =>
    pending.expires === undefined ? pending : pendingContext(core, pending.commandId),
  );
}

/**
 * Reports a timeout to the commands whose time limit has passed. The contexts that these commands have set remain set. Before the start, no
 * time limit passes.
 */
export function expireCommands(core: Core): void {
  if (core.state.kind === "idle") return;
  const isExpired = ({ expires }: Pending) => expires !== undefined && expires <= core.now;
  const isPending = (pending: Pending) => !isExpired(pending);
  const expired = [...core.commands, ...(core.next?.pending ?? [])].filter(isExpired);
  core.commands = core.commands.filter(isPending);
  if (core.next) core.next = { ...core.next, pending: core.next.pending.filter(isPending) };
  settleAll(core, expired, timedOut("context"));
}
