/// The capabilities of the package.
enum Capabilities {
    static let can = [
        "engine",
        "eval.strategy_id",
        "eval.reason",
        "eval.typed_getters",
        "eval.defaults",
        "eval.properties",
        "eval.native_context",
        "eval.decimal",
        "eval.regex.linear",
        "clock.fixed",
        "key.client_eval",
        "key.server_eval",
        "key.multi",
        "keys.change",
        "transport.poll",
        "poll.passive",
        "transport.stream",
        "stream.status_visible",
        "stream.headers",
        "http.etag",
        "http.cache_control",
        "http.retry_after",
        "http.gzip",
        "http.proxy",
        "http.identify",
        "http.redirects",
        "http.connections",
        "tls.verify",
        "tls.custom_ca",
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
        "update",
        "store",
        "multi_client",
        "refresh",
        "suspend",
        "status",
    ]

    static let noFork = "a Swift program has no threads in a child process after fork()"

    /// The capabilities that the package lacks, each with the reason.
    static let cannot = [
        "eval.bucket": "an explanation is a text for people, which contains the bucket",
        "eval.trace": "an explanation is a text for people, which contains the steps",
        "eval.json_object": "a JSON value is its text, or decoded into a type of the program",
        "fork": noFork,
        "stream.last_event_id": "the client does not send Last-Event-ID (D-66)",
    ]
}

/// The delays of a client that sets none, in milliseconds.
enum Defaults {
    static let retryMillis = 1000.0

    static let members: [String: Json] = [
        "poll_ms": .integer(180_000), "retry_ms": .integer(Int64(retryMillis)), "retry_max_ms": .integer(30_000),
        "idle_ms": .integer(90_000),
    ]
}
