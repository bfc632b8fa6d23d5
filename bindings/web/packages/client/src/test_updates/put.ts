import { ClientPlatform } from "#platform";
import type { ApiKey, EdgeUrl, End, Request, Secrets } from "../session/lib.ts";
import { noSuchFeature, type Outcome, readAnswer } from "./answer.ts";
import { updateUrl } from "./update.ts";
import type { ArrivingBody, Timer } from "../platform/platform.ts";
import { EdgeProblem } from "../driver/edge_problem.ts";
import { type Problem, timedOut } from "../repository/problem.ts";
import { textOf } from "../text/text.ts";

/** The size in bytes at which the client stops reading the body of a response. */
export const LONGEST_ANSWER = 16 * 1024;

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
export function problemOf(end: End, secrets: Secrets): Problem {
  if (end.kind === "connect_timeout") return timedOut("connect");
  const code = end.kind === "tls" ? "tls" : "unreachable";
  return { code, text: secrets.wiped("text" in end ? end.text : "") };
}

/** Reads the beginning of a body. A connection that breaks meanwhile is no error, because the status is known. */
export async function beginningOf(body: ArrivingBody | null): Promise<string> {
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
