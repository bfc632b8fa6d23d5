/// The capabilities of the package.
enum Capabilities {
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
