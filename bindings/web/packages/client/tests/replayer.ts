/**
 * Replays conversations of the Rust session with the TypeScript session. `bindings/web/equality/README.md` defines the form of the files.
 *
 * @packageDocumentation
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Attributes } from "../src/attributes.ts";
import type { Notice } from "../src/repository/notice.ts";
import type { Problem } from "../src/repository/problem.ts";
import type { Publication } from "../src/repository/publication.ts";
import type { Source } from "../src/repository/source.ts";
import { INITIAL_STATUS, type SessionStatus } from "../src/repository/status.ts";
import type { Action, End, Input } from "../src/session/action.ts";
import type { Config, Mode } from "../src/session/config.ts";
import { EdgeUrl, redirected } from "../src/session/edge_url.ts";
import { ApiKeys } from "../src/session/key.ts";
import { Session } from "../src/session/featurehub/mod.ts";
import { valid } from "./valid.ts";

/** A conversation, as a file holds it. */
export interface Conversation {
  readonly name: string;
  readonly seed: string;
  readonly config: WrittenConfig;
  readonly steps: readonly WrittenStep[];
}

/** The settings of a session. Those that are not named here are written as the session has them. */
interface WrittenConfig extends Omit<Config, "edge" | "keys" | "mode" | "whileSwitching" | "identification"> {
  readonly edge: string;
  readonly keys: readonly string[];
  readonly mode: { readonly type: string; readonly interval?: number };
  readonly whileSwitching: "hideValues" | "keepValues";
  readonly identification: string | null;
}

interface WrittenStep {
  readonly at: number;
  readonly input: WrittenInput;
  readonly actions?: readonly unknown[];
  readonly deadline?: number | null;
  readonly contact?: number;
}

export type WrittenContext = readonly (readonly [string, readonly string[]])[];
export type WrittenSource = "polling" | "streaming" | "snapshot" | { readonly store: string };

/** The members of all inputs. An input has those that its `type` needs. */
interface WrittenInput {
  readonly type: string;
  readonly command?: number;
  readonly request?: number;
  readonly attributes?: WrittenContext;
  readonly keys?: readonly string[];
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly bytes?: string;
  readonly end?: "complete" | "broken" | "tls" | "connectTimeout";
  readonly text?: string;
  readonly source?: WrittenSource;
  readonly environment?: string;
  readonly features?: string;
  readonly feature?: string;
}

/** Returns the names of the files of conversations in a folder, sorted. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl.gz"))
    .sort()
    .map((name) => join(folder, name));
}

/** Reads the conversations of a file. */
export function* conversationsIn(file: string): Generator<Conversation> {
  for (const line of gunzipSync(readFileSync(file)).toString("utf8").split("\n")) {
    if (line !== "") yield JSON.parse(line) as Conversation;
  }
}

/**
 * Replays a conversation. Returns the number of steps, or a text that describes the first step in which the TypeScript session differs from
 * the Rust one.
 */
export function replay(conversation: Conversation): number | string {
  const session = new Session(configOf(conversation.config), splitmix64(conversation.seed), redirected);
  let [deadline, contact]: (number | null)[] = [null, null];
  const state = { shown: INITIAL_STATUS };
  for (const [step, { at, input, ...expected }] of conversation.steps.entries()) {
    const written: { actions?: unknown[]; deadline?: number | null; contact?: number | null } = {};
    try {
      const actions = session.handle(at, inputOf(input)).map((action) => actionOf(action, state));
      if (actions.length > 0) written.actions = actions;
    } catch (thrown) {
      written.actions = [`throws ${String(thrown)}`];
    }
    const [nextDeadline, nextContact] = [session.deadline ?? null, session.lastContact ?? null];
    if (nextDeadline !== deadline) written.deadline = deadline = nextDeadline;
    if (nextContact !== contact) written.contact = contact = nextContact;
    const [rust, here] = [JSON.stringify(expected), JSON.stringify(written)];
    if (rust !== here) {
      const inWords = JSON.stringify(input, (name, value: unknown) =>
        name === "bytes" || name === "features" || name === "feature"
          ? Buffer.from(String(value), "base64").toString()
          : value,
      );
      return [
        `conversation "${conversation.name}", step ${step} at ${at}`,
        `input: ${inWords}`,
        `expected: ${rust}`,
        `actual:   ${here}`,
      ].join("\n");
    }
  }
  return conversation.steps.length;
}

const MASK = (1n << 64n) - 1n;

/** Returns the generator of random numbers of a Rust session with this seed. */
export function splitmix64(seed: string): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK;
    let mixed = state;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return Number((mixed ^ (mixed >> 31n)) >> 11n) / 2 ** 53;
  };
}

const MODES = { activePolling: "polling", passivePolling: "passive", oneOff: "once" } as const;

function configOf(config: WrittenConfig): Config {
  const { type, ...interval } = config.mode;
  return {
    ...config,
    edge: valid(EdgeUrl.parse(config.edge)),
    keys: valid(ApiKeys.parse(config.keys)),
    mode: { kind: type in MODES ? MODES[type as keyof typeof MODES] : type, ...interval } as Mode,
    whileSwitching: config.whileSwitching === "keepValues" ? "keep" : "hide",
    identification: config.identification ?? undefined,
  };
}

function inputOf({ type, command, request, ...given }: WrittenInput): Input {
  const { attributes, keys, status, headers, end, text = "", source, environment } = given;
  const bytes = Object.entries(given).filter(([name]) => /^(?:bytes|features?)$/.test(name));
  return {
    type: type.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    ...(command !== undefined && { commandId: command }),
    ...(request !== undefined && { requestId: request }),
    ...(attributes && { attributes: new Map(attributes) }),
    ...(keys && { keys: valid(ApiKeys.parse(keys)) }),
    ...(headers && { head: { status, headers } }),
    ...(end && { end: endOf(end, text) }),
    ...(source && { source: sourceOf(source), environment }),
    ...Object.fromEntries(bytes.map(([name, base64]) => [name, Buffer.from(base64 as string, "base64")])),
  } as Input;
}

function endOf(end: NonNullable<WrittenInput["end"]>, text: string): End {
  if (end === "connectTimeout") return { kind: "connect_timeout" };
  return end === "complete" ? { kind: end } : { kind: end, text };
}

/** Returns the source that a file names. */
export function sourceOf(source: WrittenSource): Source {
  return typeof source === "string" ? { kind: source } : { kind: "store", name: source.store };
}

/** Returns an action in the form of the files. Remembers the status that was shown last. */
function actionOf(action: Action, state: { shown: SessionStatus }): unknown {
  switch (action.type) {
    case "send": {
      const { kind, url, headers } = action.request;
      return { type: "send", request: action.requestId, kind, url: url.expose(), headers };
    }
    case "abort":
      return { type: "abort", request: action.requestId };
    case "publish":
      return publication(action.publication);
    case "revoke":
      return action;
    case "status": {
      const [before, now] = [status(state.shown), status(action.status)];
      state.shown = action.status;
      const changed = Object.entries(now).filter(
        ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]),
      );
      return { type: "status", changed: Object.fromEntries(changed) };
    }
    case "notice":
      return { type: "notice", notice: notice(action.notice) };
    case "raw": {
      const { source, environment = null, kind, json } = action.update;
      return { type: "raw", source: written(source), environment, kind, json: digest([json]) };
    }
    case "report_reads":
      return { type: "reportReads" };
    case "command_done": {
      const { commandId, outcome } = action;
      const result = "problem" in outcome ? { problem: problem(outcome.problem) } : outcome;
      return { type: "commandDone", command: commandId, ...result };
    }
  }
}

function digest(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part, "utf8");
  return hash.digest("hex");
}

function written(source: Source | undefined): WrittenSource | null {
  if (source === undefined) return null;
  return source.kind === "store" ? { store: source.name } : source.kind;
}

/** Returns a context in the form of the files. */
export function context(attributes: Attributes): WrittenContext {
  return [...attributes].sort(([one], [other]) => Buffer.from(one).compare(Buffer.from(other)));
}

function publication({ rules, cause }: Publication): unknown {
  const features = [...rules.features()];
  const { environments, evaluatedFor } = rules;
  const ids =
    environments.kind === "unknown"
      ? null
      : environments.kind === "one"
        ? environments.id
        : features.map(({ key }) => environments.byKey.get(key) ?? null);
  return {
    type: "publish",
    cause,
    count: rules.size,
    features: digest(features.flatMap(({ json }) => [json, "\0"])),
    environments: ids,
    ...(evaluatedFor && {
      evaluatedFor: {
        context: context(evaluatedFor.context),
        keptFor: evaluatedFor.keptFor ? context(evaluatedFor.keptFor) : null,
        strategies: features.map(({ key }) => evaluatedFor.strategies.get(key) ?? null),
      },
    }),
  };
}

function status(shown: SessionStatus): Record<string, unknown> {
  return {
    readiness: shown.readiness,
    connection: shown.connection,
    problem: shown.problem ? problem(shown.problem) : null,
    attempts: shown.attempts,
    requests: shown.requests,
    nextAttempt: shown.nextAttempt ?? null,
    updated: shown.updated ?? null,
    source: written(shown.source),
    isStale: shown.isStale,
    isWithheld: shown.isWithheld,
    foreignFeatures: shown.foreignFeatures,
  };
}

/** Returns a problem in the form of the files. */
export function problem(found: Problem): unknown {
  const { code } = found;
  if ("status" in found) return { code, number: found.status };
  if ("limit" in found) return { code, number: found.limit };
  if ("attributes" in found) return { code, number: found.attributes };
  if ("stage" in found) return { code, stage: found.stage === "first_event" ? "firstEvent" : found.stage };
  return "text" in found && code !== "malformed" ? { code, text: found.text } : { code };
}

function notice(found: Notice): unknown {
  return found.kind === "store_ignored" ? { kind: found.kind, source: written(found.source) } : found;
}
