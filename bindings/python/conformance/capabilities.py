"""The capabilities that fh-client lacks, each with the reason, and the delays of a client that sets none."""

CANNOT = {
    "stream.last_event_id": "the client does not send Last-Event-ID (D-66)",
}

DEFAULTS = {"poll_ms": 180_000, "retry_ms": 1_000, "retry_max_ms": 30_000, "idle_ms": 90_000}
