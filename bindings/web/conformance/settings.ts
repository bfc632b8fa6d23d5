import type { ClientOptions } from "fh-client";

import { PLATFORM } from "adapter-platform";

import { DEFAULTS } from "./capabilities.ts";
import type { CreateCommand } from "./protocol.ts";

/** The share of a delay after a refusal that is random: the client's own default. */
const REFUSED_JITTER = 0.5;

/** Returns the settings of the protocol as options of a client. */
export function optionsOf(command: CreateCommand): ClientOptions {
  const { context, headers, retry, refused, timeouts } = command;
  return {
    ...modeOf(command),
    ...(context ? { context } : {}),
    ...(headers ? { headers } : {}),
    ...(command.context_in_query === true ? { contextPlacement: "query" } : {}),
    ...(command.keep_values === true ? { whileSwitching: "keep" } : {}),
    ...(command.catch === true ? { catchUpdates: true } : {}),
    ...(retry ? retries(retry) : {}),
    ...(refused
      ? {
          backoffWhenRefused: {
            initial: refused.initial_ms / 1000,
            cap: refused.max_ms / 1000,
            jitter: REFUSED_JITTER,
          },
        }
      : {}),
    ...given("healthyAfter", seconds(command.healthy_after_ms)),
    limits: {
      ...given("head", seconds(timeouts?.head_ms)),
      ...given("poll", seconds(timeouts?.poll_ms)),
      ...given("idle", seconds(timeouts?.idle_ms)),
      ...given("heldBack", seconds(timeouts?.held_back_ms)),
      ...given("bytes", command.max_bytes ?? undefined),
    },
  };
}

/** Returns the paths of settings that the client cannot set. */
export function ignoredSettings(command: CreateCommand): string[] {
  const connect = command.timeouts?.connect_ms ? ["timeouts.connect_ms"] : [];
  return [...connect, ...PLATFORM.ignored(command)];
}

function modeOf({ mode, poll_ms }: CreateCommand): ClientOptions {
  const interval = (poll_ms ?? DEFAULTS.poll_ms) / 1000;
  if (mode === "poll") return { mode: "polling", interval };
  if (mode === "passive") return { mode, interval };
  return { mode: mode === "once" ? mode : "streaming" };
}

/** Returns the delays before retries. The client's other delays between requests are scaled by the same factor (D-64). */
function retries(retry: NonNullable<CreateCommand["retry"]>): ClientOptions {
  const factor = retry.initial_ms / DEFAULTS.retry_ms;
  return {
    backoff: { initial: retry.initial_ms / 1000, cap: retry.max_ms / 1000, jitter: retry.jitter ?? 0 },
    pace: factor,
    returnWithin: [0.1 * factor, factor],
    streamAgainAfter: 600 * factor,
  };
}

function seconds(milliseconds: number | null | undefined): number | undefined {
  return milliseconds === null || milliseconds === undefined ? undefined : milliseconds / 1000;
}

/** Returns an object with a setting, or without it if it is not given. */
function given<Name extends string>(name: Name, value: number | undefined): { [name in Name]?: number } {
  return (value === undefined ? {} : { [name]: value }) as { [name in Name]?: number };
}
