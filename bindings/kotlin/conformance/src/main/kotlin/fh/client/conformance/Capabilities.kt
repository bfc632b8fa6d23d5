package fh.client.conformance

internal const val NO_FORK: String = "a Java virtual machine does not work after fork()"

/** The capabilities that the client lacks, whatever its HTTP stack, each with the reason. */
internal val CANNOT: Map<String, String> = mapOf(
    "eval.bucket" to "an explanation is a text for people, which contains the bucket",
    "eval.trace" to "an explanation is a text for people, which contains the steps",
    "eval.json_object" to "a JSON value is its text, which the program parses with its own library",
    "fork" to NO_FORK,
    "stream.last_event_id" to "the client does not send Last-Event-ID (D-66)",
)

/** The delays of a client that sets none, in milliseconds. */
internal object Defaults {
    const val RETRY_MILLIS = 1_000L

    val members: Map<String, Long> =
        mapOf("poll_ms" to 180_000, "retry_ms" to RETRY_MILLIS, "retry_max_ms" to 30_000, "idle_ms" to 90_000)
}
