/** The capabilities that the client lacks everywhere, each with the reason. */
export const COMMON_CANNOT: Readonly<Record<string, string>> = {
  "stream.last_event_id": "the client does not send Last-Event-ID (D-66)",
};

/** The delays of a client that sets none. */
export const DEFAULTS = { poll_ms: 180_000, retry_ms: 1_000, retry_max_ms: 30_000, idle_ms: 90_000 };
