package fh.client.conformance

import fh.client.Reads
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonPrimitive

private val KINDS = setOf("BOOLEAN", "STRING", "NUMBER", "JSON")

/** Returns the type of a read. */
internal fun kindOf(read: Members): String =
    read.given("type").also { if (it !in KINDS) throw Misuse("\"$it\" is not the name of a getter") }

/** Performs one read of a client, and returns all that the client tells. */
internal fun answerOf(client: AdapterClient, read: Members): Map<String, Any?> {
    val kind = kindOf(read)
    return try {
        answerOf(client, read, kind)
    } catch (error: Exception) {
        mapOf("value" to read.element("default"), "error" to error.toString())
    }
}

private fun answerOf(client: AdapterClient, read: Members, kind: String): Map<String, Any?> {
    val (key, default) = read.given("feature") to read.element("default")
    val reads = client.reads(read.map("context"))
    val before = client.sdk.generation
    // Without a usage listener, the typed getter and the detail must agree.
    val got = if (client.reportsUsage) null else reads.get(key, kind, default)
    val detail = reads.detail(key, kind)
    val expected = detail.value ?: default?.toKotlin()
    val answer = mapOf(
        "value" to (detail.value ?: default),
        "text" to textOf(detail.value, default),
        "is_set" to (reads.peek(key).value != null),
        "exists" to detail.exists,
        "locked" to detail.isLocked,
        "type" to detail.kind,
        "strategy_id" to detail.strategyId,
        "reason" to detail.reason,
    )
    val ofFeature = if (detail.exists) mapOf("version" to detail.version, "properties" to detail.properties) else emptyMap()
    val differs = !client.reportsUsage && got != expected && detail.generation == before
    return answer + ofFeature + if (differs) mapOf("error" to "the getter returned $got and the detail $expected") else emptyMap()
}

/** Reads a feature with its typed getter, which counts as one use. */
private fun Reads.get(key: String, kind: String, default: JsonElement?): Any? {
    val other = default?.toKotlin()
    return when (kind) {
        "BOOLEAN" -> if (other is Boolean) boolean(key, other) else boolean(key) ?: other
        "STRING" -> if (other is String) string(key, other) else string(key) ?: other
        "NUMBER" -> decimal(key) ?: other
        else -> json(key) ?: other
    }
}

/** Returns the value of a typed getter, as a listener reads it. */
internal fun valueOf(client: AdapterClient, action: Members, context: Map<String, Any?>? = null): Any? =
    client.reads(context).get(action.given("feature"), kindOf(action), null)

/** Returns a value, or else the default, as text. A number keeps its digits. */
internal fun textOf(value: Any?, default: JsonElement?): String? =
    when {
        value != null -> value.toString()
        default is JsonPrimitive && default !is JsonNull -> default.content
        else -> default?.toString()
    }
