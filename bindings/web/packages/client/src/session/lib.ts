/**
 * The protocol of a FeatureHub client as a state machine: input and time in, actions and a deadline out. The files bear the names of the
 * crate `fh-session`, whose rules they follow.
 *
 * @packageDocumentation
 */

export type {
  Action,
  CommandId,
  End,
  Input,
  Outcome,
  Request,
  RequestId,
  RequestKind,
  ResponseHead,
} from "./action.ts";
export {
  type Backoff,
  type Config,
  DEFAULT_INTERVAL,
  defaultConfig,
  type Limits,
  type Mode,
} from "./config.ts";
export { contextHeader, contextSha } from "./context_header.ts";
export type { Random } from "./delay.ts";
export { EdgeUrl, type Redirected, redirected, SecretUrl, URL_ERRORS, type UrlError } from "./edge_url.ts";
export { ApiKey, ApiKeys, KEY_ERRORS, type KeyError, type KeyKind } from "./key.ts";
export { Secrets } from "./secrets.ts";
export { Session } from "./featurehub/mod.ts";
