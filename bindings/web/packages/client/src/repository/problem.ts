/** All stages. */
export const STAGES = ["connect", "head", "body", "first_event", "event", "silence", "context"] as const;

/**
 * The stage of a request, or of a caller's wait, that took too long.
 *
 * - `connect`: the connection was not open in time.
 * - `head`: the complete head of the response did not arrive in time.
 * - `body`: the body of a poll did not arrive in time.
 * - `first_event`: the first list of features did not arrive on a stream in time.
 * - `event`: the remainder of a stream's line or event did not arrive in time after the line or event had begun.
 * - `silence`: the next line, or the next byte of an unfinished line or event, did not arrive on a stream in time.
 * - `context`: the features for a context that a caller set did not arrive in time. This limit applies to the caller's wait and
 *   does not abort the request.
 */
export type Stage = (typeof STAGES)[number];

/** Returns the problem of a stage that took too long. */
export function timedOut(stage: Stage): Problem {
  return { code: "timed_out", stage };
}

/**
 * The problem of a client, or the reason why a command failed. The client removes the secret parts of API keys from the texts
 * of its problems. A session on its own does not remove them.
 *
 * - `bad_request`: status 400; the Edge does not accept the request.
 * - `unauthorised`: status 401 or 403; the Edge refuses the API key.
 * - `not_found`: status 404; the Edge does not know the key, or has a failure of its own.
 * - `failure`: the stream sent a `failure` event. The text is the reason that the event contains.
 * - `stale`: the environment is stale. The Edge wants no more requests, or none until a pause ends.
 * - `too_many_requests`: status 429; the client, or its address, sends too many requests.
 * - `server_error`: status 500 to 599; the Edge failed. Status 501 for a stream is `no_streaming` instead.
 * - `unexpected_status`: a status that the client cannot use and that no other code covers.
 * - `no_streaming`: the Edge cannot stream.
 * - `held_back`: the streams of the Edge arrive late or not at all, while its other answers arrive: a proxy or a virus scanner
 *   on the way holds them back. The client polls after the second such stream in a row.
 * - `content_type`: the content type of the response does not fit the request. The text is this content type in lower case,
 *   without parameters and cut after 100 characters; empty if the response has none.
 * - `redirect`: a redirect leads to another origin, has no valid target, or exceeds the maximum number of redirects in a row.
 * - `malformed`: the response, or an event of a stream, could not be parsed. The text is the reason.
 * - `too_large`: the response, or an event of a stream, was larger than the limit in bytes.
 * - `no_environments`: the response holds no environment to which a key gives access.
 * - `empty_list`: the response holds no usable list of features for an environment.
 * - `unreachable`: the connection could not be opened, it broke, or the transport failed. The text is the reason.
 * - `tls`: the TLS handshake failed. The text is the transport's reason.
 * - `timed_out`: a time limit passed.
 * - `closed_early`: the stream ended before a list of features arrived on it.
 * - `disconnected`: the stream ended after a list of features had arrived on it.
 * - `context`: the context cannot be sent, because it has this number of attributes, which is too many.
 * - `superseded`: a newer context replaced this context before its features were applied.
 * - `closed`: the client is closed.
 * - `engine`: the engine that evaluates the features cannot be loaded, or failed. The text is the reason. Rust has no such problem.
 */
export type Problem =
  | { readonly code: PlainProblem }
  | { readonly code: "unauthorised" | "server_error" | "unexpected_status"; readonly status: number }
  | {
      readonly code: "failure" | "content_type" | "malformed" | "unreachable" | "tls" | "engine";
      readonly text: string;
    }
  | { readonly code: "too_large"; readonly limit: number }
  | { readonly code: "timed_out"; readonly stage: Stage }
  | { readonly code: "context"; readonly attributes: number };

/** The codes of problems that have no further data. */
export type PlainProblem =
  | "bad_request"
  | "not_found"
  | "stale"
  | "too_many_requests"
  | "no_streaming"
  | "held_back"
  | "redirect"
  | "no_environments"
  | "empty_list"
  | "closed_early"
  | "disconnected"
  | "superseded"
  | "closed";

/**
 * Maximum number of attributes of a context that an Edge keeps. With a server-evaluated key, a context with
 * more attributes is refused, so that no attribute is lost.
 */
export const MAX_ATTRIBUTES = 30;

/**
 * Returns true if the Edge refuses this client, so that an early retry is unlikely to succeed.
 *
 * @example
 * ```ts
 * const { problem } = client.status;
 * if (problem && isRefusal(problem)) console.error("the Edge refuses the API key");
 * ```
 */
export function isRefusal(problem: Problem): boolean {
  const { code } = problem;
  return code === "bad_request" || code === "unauthorised" || code === "not_found" || code === "failure";
}

/** Returns true if both problems are equal, or both are `undefined`. */
export function sameProblem(left: Problem | undefined, right: Problem | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  const other = new Map(Object.entries(right));
  return Object.entries(left).every(([name, value]) => other.get(name) === value);
}

/**
 * Returns the code of a problem and its further data, such as `unauthorised: 401` or `timed out: head`, for the messages of errors. The
 * sentences of {@link problemText} would make each page larger.
 */
export function problemName(problem: Problem): string {
  const [code, ...data] = Object.values(problem) as [string, ...(string | number)[]];
  return [code.replaceAll("_", " "), ...data].join(": ");
}

/** The sentences of the stages. */
const TIMEOUTS: Readonly<Record<Stage, string>> = {
  connect: "connecting to the Edge timed out",
  head: "the Edge did not respond in time",
  body: "the response did not arrive in time",
  first_event: "the stream sent no features in time",
  event: "an event of the stream did not arrive in time",
  silence: "the stream sent nothing within the time limit",
  context: "the Edge did not evaluate the context in time",
};

const HTML =
  "the Edge answers with a page of HTML: probably a sign-in page, the page of a proxy, or a wrong URL";

/**
 * Returns the sentence that describes the problem to people.
 *
 * @example
 * ```ts
 * const { problem } = client.status;
 * if (problem) console.warn(problemText(problem));
 * ```
 */
export function problemText(problem: Problem): string {
  switch (problem.code) {
    case "bad_request":
      return "the Edge rejects the request as invalid (status 400)";
    case "unauthorised":
      return `the Edge refuses the key (status ${problem.status})`;
    case "not_found":
      return "the Edge does not know the key (status 404)";
    case "failure":
      return `the Edge refuses the stream: ${problem.text}`;
    case "stale":
      return "the environment is stale: the Edge wants no more requests";
    case "too_many_requests":
      return "the Edge wants fewer requests (status 429)";
    case "server_error":
      return `the Edge failed (status ${problem.status})`;
    case "unexpected_status":
      return problem.status === 407
        ? "a proxy answered with status 407, because it requires a user name and a password"
        : `the Edge answered with status ${problem.status}`;
    case "no_streaming":
      return "the Edge cannot stream";
    case "held_back":
      return "something between the client and the Edge, such as a proxy, holds streams back";
    case "content_type":
      if (problem.text === "text/html") return HTML;
      return `the response has content type ${JSON.stringify(problem.text)}, which does not fit the request`;
    case "redirect":
      return "the Edge redirects to another origin, too often, or without a valid target";
    case "malformed":
      if (problem.text === "a page of HTML") return HTML;
      return `the response cannot be parsed: ${problem.text}`;
    case "too_large":
      return `the response or an event is larger than ${problem.limit} bytes, the limit of the setting \`limits.bytes\`, or has so many small parts that reading it would take more than 8 times its size and 32 MB of memory: raise the limit, or ask for fewer features`;
    case "no_environments":
      return "the response contains no environment of the API keys";
    case "empty_list":
      return "the response contains no usable features; the client keeps the features that it has";
    case "unreachable":
      return `the Edge cannot be reached: ${problem.text}`;
    case "engine":
      return `the features cannot be evaluated: ${problem.text}`;
    case "tls":
      return `the TLS handshake with the Edge failed: ${problem.text}`;
    case "timed_out":
      return TIMEOUTS[problem.stage];
    case "closed_early":
      return "the stream ended before it sent any features";
    case "disconnected":
      return "the stream ended";
    case "context":
      return `the context has ${problem.attributes} attributes; an Edge evaluates at most ${MAX_ATTRIBUTES} attributes`;
    case "superseded":
      return "a newer context has replaced this context";
    case "closed":
      return "the client is closed";
  }
}
