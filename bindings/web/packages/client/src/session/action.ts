import type { Attributes } from "../attributes.ts";
import type { Notice } from "../repository/notice.ts";
import type { Problem } from "../repository/problem.ts";
import type { Publication, RawUpdate } from "../repository/publication.ts";
import type { Readiness, SessionStatus } from "../repository/status.ts";
import type { Source } from "../repository/source.ts";
import type { SecretUrl } from "./edge_url.ts";
import type { ApiKeys } from "./key.ts";

/** The id of a request. The session ignores inputs for a request that it has aborted. */
export type RequestId = number;

/** The id of a command whose caller waits for the outcome. The driver chooses the id. */
export type CommandId = number;

/**
 * An event or a command that the driver hands to the session.
 *
 * - `start`: starts the session. Has no effect if the session was started or closed before.
 * - `tick`: the deadline has passed, or may have passed. A tick before the deadline has no effect.
 * - `stop`: closes the session for good. Commands that are not done yet fail with the problem `closed`.
 * - `suspend`: suspends the session, for example while a page is hidden. The request in flight is aborted. Until `resume` there is no
 *   deadline, and no request is sent except one poll for each refresh, context or replacement of keys; a poll in flight for such a
 *   command goes on. Features and readiness stay as they are.
 * - `resume`: ends the suspension. A streaming client opens a new stream at once, and a polling client polls if its interval has passed
 *   meanwhile. Earlier delays and the limit of the request rate still apply.
 * - `refresh`: requests features, as soon as the limit of the request rate allows. No request is sent if a request is in flight,
 *   if a stream that has sent a list is open, or if the client is offline or closed.
 * - `feature_read`: a feature was read. A driver passes this input after `report_reads`, because passive polling depends on reads.
 * - `context`: sets the context of server-evaluated keys. With client-evaluated keys, the command changes nothing.
 * - `keys`: replaces the API keys, unless the client is closed. Features of environments to which no new key gives access are dropped.
 * - `opened`: the head of a response has arrived.
 * - `bytes`: a piece of a response's body has arrived, which follows directly after the previous piece.
 * - `closed`: a response is complete, or its request failed.
 * - `stored`: a list of features from a source other than the Edge. Features that the list does not contain are kept.
 *   The list is ignored if it cannot be parsed, while the client holds features from before a change of its context or of the kind
 *   of its keys, and after `stop`.
 * - `stored_feature`: one feature from a source other than the Edge. A single feature does not make the client ready.
 */
export type Input =
  | { readonly type: "start" | "tick" | "stop" | "suspend" | "resume" | "feature_read" }
  | { readonly type: "refresh"; readonly commandId: CommandId }
  | { readonly type: "context"; readonly commandId: CommandId; readonly attributes: Attributes }
  | { readonly type: "keys"; readonly commandId: CommandId; readonly keys: ApiKeys }
  | { readonly type: "opened"; readonly requestId: RequestId; readonly head: ResponseHead }
  | { readonly type: "bytes"; readonly requestId: RequestId; readonly bytes: Uint8Array }
  | { readonly type: "closed"; readonly requestId: RequestId; readonly end: End }
  | {
      readonly type: "stored";
      readonly source: Source;
      readonly environment: string;
      readonly features: Uint8Array;
    }
  | {
      readonly type: "stored_feature";
      readonly source: Source;
      readonly environment: string;
      readonly feature: Uint8Array;
    };

/** An input of one type. */
export type InputOf<Type extends Input["type"]> = Extract<Input, { readonly type: Type }>;

/**
 * The way in which a request ended.
 *
 * - `complete`: the response is complete, as far as the transport can determine.
 * - `connect_timeout`: the transport's own time limit passed before the connection was open.
 * - `tls`: the TLS handshake failed.
 * - `broken`: the connection could not be opened, it broke, or the transport failed for another reason.
 *
 * The text is the transport's reason, which must contain neither the URL nor a key.
 */
export type End =
  | { readonly kind: "complete" | "connect_timeout" }
  | { readonly kind: "broken" | "tls"; readonly text: string };

/** The outcome of a command: the readiness with which it succeeded, or the problem with which it failed. */
export type Outcome = { readonly readiness: Readiness } | { readonly problem: Problem };

/**
 * An instruction for the driver, which has to carry out every instruction.
 *
 * - `send`: send this request, and report its response with this id.
 * - `abort`: abort this request, and pass in no more inputs for it. The session ignores such inputs.
 * - `publish`: serve these features from now on, or hold them back as their cause allows (catch & release).
 * - `revoke`: remove the features of these environments at once, both those that are served and those that are held back. No API key of
 *   the client gives access to these environments.
 * - `status`: publish this status to readers and listeners.
 * - `notice`: log this notice, and pass it on to the listeners of notices.
 * - `raw`: pass this update on to the listeners of raw updates.
 * - `report_reads`: report the next read of a feature as `feature_read`.
 * - `command_done`: report the outcome of a command to its caller.
 */
export type Action =
  | { readonly type: "send"; readonly requestId: RequestId; readonly request: Request }
  | { readonly type: "abort"; readonly requestId: RequestId }
  | { readonly type: "publish"; readonly publication: Publication }
  | { readonly type: "revoke"; readonly environments: readonly string[] }
  | { readonly type: "status"; readonly status: SessionStatus }
  | { readonly type: "notice"; readonly notice: Notice }
  | { readonly type: "raw"; readonly update: RawUpdate }
  | { readonly type: "report_reads" }
  | { readonly type: "command_done"; readonly commandId: CommandId; readonly outcome: Outcome };

/** The purpose of a request: to poll, or to open a stream, which the Edge keeps open to send events. */
export type RequestKind = "poll" | "stream";

/**
 * An HTTP request. Its method is always GET. Transports must not follow redirects, because the session follows redirects within the same
 * origin itself, unless the platform allows nothing else.
 */
export interface Request {
  /** The purpose of the request. */
  readonly kind: RequestKind;
  /** The URL, which may contain API keys. */
  readonly url: SecretUrl;
  /** The headers, with names in lower case. Values may be secret, and contexts are personal data. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The head of an HTTP response. */
export interface ResponseHead {
  /** The HTTP status code of the response. */
  readonly status: number;
  /** The headers, with names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Returns the value of the first header with this name, which must be given in lower case; `undefined` if there is none. */
export function header(head: ResponseHead, name: string): string | undefined {
  return head.headers.find(([found]) => found === name)?.[1];
}
