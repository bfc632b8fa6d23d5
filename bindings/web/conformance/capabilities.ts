/** The capabilities of fh-client in Node. */
export const CAN: readonly string[] = [
  "engine",
  "eval.strategy_id",
  "eval.reason",
  "eval.bucket",
  "eval.trace",
  "eval.typed_getters",
  "eval.defaults",
  "eval.json_object",
  "eval.properties",
  "eval.native_context",
  "eval.decimal",
  "eval.regex.linear",
  "clock.fixed",
  "key.client_eval",
  "key.server_eval",
  "key.multi",
  "transport.poll",
  "poll.passive",
  "transport.stream",
  "stream.status_visible",
  "stream.headers",
  "http.etag",
  "http.cache_control",
  "http.retry_after",
  "http.gzip",
  "http.identify",
  "tls.verify",
  "ready.wait",
  "ready.listener",
  "listen.feature",
  "listen.context",
  "listen.new_state",
  "listen.raw",
  "listen.remove",
  "catch_release",
  "interceptors",
  "interceptors.locked",
  "usage",
  "usage.named",
  "multi_client",
  "refresh",
  "status",
];

const OWN_FETCH =
  "the client calls the `fetch` of Node, which has no such setting; a program gives a `fetch` of its own";

/** The capabilities that the client lacks in Node, each with the reason. */
export const CANNOT: Readonly<Record<string, string>> = {
  "http.proxy": OWN_FETCH,
  "tls.custom_ca": OWN_FETCH,
  "stream.last_event_id": "the client does not send Last-Event-ID (D-66)",
  update: "the client does not send test updates yet",
  store: "the client does not keep its state in a file yet",
  fork: "Node has no fork() that keeps the state of the process",
};

/** The delays of a client that sets none. */
export const DEFAULTS = { poll_ms: 180_000, retry_ms: 1_000, retry_max_ms: 30_000, idle_ms: 90_000 };
