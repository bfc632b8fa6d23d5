package fh.client.conformance

import fh.client.Profile
import fh.client.Ruleset
import java.time.Instant

/** Evaluates reads of a payload. A read that the engine cannot perform has an error in place of a value. */
internal fun evaluate(command: Members): Map<String, Any?> {
    val profile = Profile.values().find { it.name.lowercase() == command.given("profile") }
    profile ?: throw Misuse("there is no profile \"${command.given("profile")}\"")
    val reads = command.list("reads").onEach { kindOf(it) }
    val ruleset =
        try {
            Ruleset.fromJson(command.given("payload"), profile)
        } catch (error: IllegalArgumentException) {
            return mapOf("answers" to reads.map { mapOf("value" to null, "error" to error.toString()) })
        }
    return mapOf("answers" to reads.map { answerOf(ruleset, it) })
}

private fun answerOf(ruleset: Ruleset, read: Members): Map<String, Any?> =
    try {
        evaluationOf(ruleset, read)
    } catch (error: Exception) {
        mapOf("value" to read.element("default"), "error" to error.toString())
    }

private fun evaluationOf(ruleset: Ruleset, read: Members): Map<String, Any?> {
    val (key, default) = read.given("feature") to read.element("default")
    if (key !in ruleset.keys) {
        val missing = mapOf("is_set" to false, "exists" to false, "reason" to "NOT_FOUND")
        return mapOf("value" to default, "text" to textOf(null, default)) + missing
    }
    val context = read.map("native") ?: read.map("context")
    val now = read.text("now_ms")?.let { Instant.ofEpochMilli(it.toLong()) }
    val evaluation = ruleset.evaluate(key, context, kindOf(read), now)
    return mapOf(
        "value" to (evaluation.value ?: default),
        "text" to textOf(evaluation.value, default),
        "is_set" to evaluation.isSet,
        "exists" to true,
        "locked" to evaluation.isLocked,
        "version" to evaluation.version,
        "strategy_id" to evaluation.strategyId,
        "reason" to evaluation.reason,
        "properties" to evaluation.properties,
    )
}
