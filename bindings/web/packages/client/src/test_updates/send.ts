import { ClientPlatform } from "#platform";
import { EdgeProblem } from "../edge_problem.ts";
import type { ClientParts } from "../parts.ts";
import type { ArrivingBody, Timer } from "../platform.ts";
import { type Problem, timedOut } from "../repository/problem.ts";
import { RepositoryWatch } from "../repository/repository/watch.ts";
import { type ApiKey, type EdgeUrl, type End, type Request, Secrets } from "../session/lib.ts";
import { parseKeys } from "../start_error.ts";
import { textOf } from "../text.ts";
import { noSuchFeature, notApplied, type Outcome, readAnswer } from "./answer.ts";
import { isApplied, type Update, updateBody, updateUrl } from "./update.ts";

/** The milliseconds after which an accepted update is sent again if the client has not received the change (D-80). */
const ONCE_MORE_AFTER = 2_000;
/** The milliseconds after the first accepted sending at which the wait for the change ends. */
const PATIENCE = 10_000;
/** The minimum milliseconds between the starts of two refreshes of one wait. */
const REFRESH_EVERY = 500;
/** The size in bytes at which the client stops reading the body of a response. */
const LONGEST_ANSWER = 16 * 1024;

/** The platforms of the updates of each client, whose connections are used again. A client's own platform ends its connections with the client. */
const platforms = new WeakMap<ClientParts, ClientPlatform>();

/** Returns the platform of updates with this `fetch`, or with that of the platform. */
export function platformOf(fetch?: typeof globalThis.fetch): ClientPlatform {
  return new ClientPlatform(fetch ? { fetch } : {});
}

/** The Edge to which an update is sent, and the way to send it. */
export interface UpdateTarget {
  readonly edge: EdgeUrl;
  readonly key: ApiKey;
  /** The program's own headers. */
  readonly headers: Request["headers"];
  /** The secrets to remove from the texts of errors. */
  readonly secrets: Secrets;
  readonly platform: ClientPlatform;
  /** The time limit in milliseconds. */
  readonly limit: number;
}

/** Sends a test update, and waits until the client has received the change if `waits` is true. */
export async function sendUpdate(
  parts: ClientParts,
  apiKey: string | undefined,
  feature: string,
  update: Update,
  waits = false,
): Promise<Outcome> {
  const { repository, settings, secrets, fetch } = parts;
  const { keys, headers } = secrets;
  const key = (apiKey === undefined ? keys : parseKeys(apiKey, false)).first;
  const wiping = new Secrets(
    [...keys.list, key],
    headers.map(([, value]) => value),
  );
  const { edge, limits, mode } = settings;
  const platform = platforms.get(parts) ?? platformOf(fetch);
  platforms.set(parts, platform);
  const target = { edge, key, headers, secrets: wiping, platform, limit: limits.poll };
  const body = updateBody(update);
  const send = async (): Promise<Outcome> => {
    if (repository.isClosed) throw new EdgeProblem({ code: "closed" });
    if (mode.kind === "offline")
      throw new EdgeProblem({ code: "unreachable", text: "this client is offline" });
    return put(target, feature, body);
  };
  const outcome = await send();
  if (!waits) return outcome;
  const end = performance.now() + PATIENCE;
  if (await arrives(parts, feature, update, end - PATIENCE + ONCE_MORE_AFTER)) return outcome;
  // The server may have lost or delayed the update. Sending it twice does no harm.
  await send();
  if (await arrives(parts, feature, update, end)) return outcome;
  throw notApplied();
}

/** Sends an update once. */
export async function put(target: UpdateTarget, feature: string, body: string): Promise<Outcome> {
  const { edge, key, headers: own, secrets, platform, limit } = target;
  const url = updateUrl(edge, key, feature);
  if (!url) throw noSuchFeature();
  const headers = [...own, ["content-type", "application/json"] as const];
  const request = { kind: "poll", url, headers, isPrivate: true, init: { method: "PUT", body } } as const;
  const abort = new AbortController();
  let timer: Timer | undefined;
  // The program's own `fetch` may ignore the signal.
  const late = new Promise<"late">((resolve) => {
    timer = platform.setTimer(() => {
      resolve("late");
    }, limit);
  });
  const receive = async (): Promise<readonly [status: number, body: string] | End> => {
    try {
      const { head, body: pieces, repeatedAfter } = await platform.send(request, abort.signal);
      // The first sending may have locked the feature, so that the second one was refused.
      if (head.status === 412 && repeatedAfter && body.includes('"lock":true'))
        return platform.endOf(repeatedAfter);
      return [head.status, await beginningOf(pieces)];
    } catch (error) {
      return platform.endOf(error);
    }
  };
  const answer = await Promise.race([receive(), late]);
  timer?.clear();
  abort.abort();
  if (answer === "late") throw new EdgeProblem(timedOut("head"));
  if ("kind" in answer) throw new EdgeProblem(problemOf(answer, secrets));
  const outcome = readAnswer(answer[0], secrets.wiped(answer[1]));
  if (typeof outcome === "string") return outcome;
  throw outcome;
}

/** Returns the problem of a request that had no response. */
function problemOf(end: End, secrets: Secrets): Problem {
  if (end.kind === "connect_timeout") return timedOut("connect");
  const code = end.kind === "tls" ? "tls" : "unreachable";
  return { code, text: secrets.wiped("text" in end ? end.text : "") };
}

/** Reads the beginning of a body. A connection that breaks meanwhile is no error, because the status is known. */
async function beginningOf(body: ArrivingBody | null): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    const reader = body?.getReader();
    while (length < LONGEST_ANSWER) {
      const piece = await reader?.read();
      if (!piece?.value) break;
      pieces.push(piece.value);
      length += piece.value.length;
    }
  } catch {
    // The rest of the text is missing.
  }
  return textOf(pieces, false) ?? "";
}

/** Waits until the client has received the change. Returns false if the time `until` is reached first. */
async function arrives(
  { repository, driver }: ClientParts,
  feature: string,
  update: Update,
  until: number,
): Promise<boolean> {
  const watch = new RepositoryWatch(repository.tasks);
  let stop: (reason: "late") => void = () => undefined;
  const late = new Promise<"late">((resolve) => (stop = resolve));
  const timer = setTimeout(stop, Math.max(until - performance.now(), 0), "late");
  let isRefreshing = false;
  const refresh = (): void => {
    if (isRefreshing || repository.status.connection === "streaming") return;
    isRefreshing = true;
    const done = (): void => {
      isRefreshing = false;
    };
    driver.command((commandId) => ({ type: "refresh", commandId })).then(done, done);
  };
  refresh();
  const refreshes = setInterval(refresh, REFRESH_EVERY);
  try {
    for (;;) {
      const received = (repository.latest ?? repository.live.rules).get(feature);
      if (received && isApplied(update, received)) return true;
      if (repository.isClosed) throw new EdgeProblem({ code: "closed" });
      if ((await Promise.race([watch.changed(), late])) === "late") return false;
    }
  } finally {
    clearTimeout(timer);
    clearInterval(refreshes);
  }
}
