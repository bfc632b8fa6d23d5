package fh.client.conformance

import java.time.Duration
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** The members of a JSON object of the protocol. A member with the value null is missing. */
internal class Members(private val json: JsonObject) {
    /** Returns true if there is a member with this name, even with the value null. */
    operator fun contains(name: String): Boolean = name in json

    fun element(name: String): JsonElement? = json[name]?.takeUnless { it is JsonNull }

    fun text(name: String): String? = element(name)?.let { (it as JsonPrimitive).content }

    /** Returns the text of a member that the command must have. */
    fun given(name: String): String = text(name) ?: throw Misuse("the member `$name` is missing")

    fun flag(name: String): Boolean = text(name) == "true"

    fun double(name: String): Double? = text(name)?.toDouble()

    /** Returns a duration, which the protocol gives in milliseconds. */
    fun millis(name: String): Duration? = double(name)?.let { Duration.ofNanos((it * 1e6).toLong()) }

    /** Returns a member as a program would write it in Kotlin. */
    fun value(name: String): Any? = json[name]?.toKotlin()

    /** Returns an object as a map, such as the attributes of a context or headers. */
    @Suppress("UNCHECKED_CAST")
    fun map(name: String): Map<String, Any?>? = element(name)?.toKotlin() as Map<String, Any?>?

    fun texts(name: String): List<String>? = (element(name) as JsonArray?)?.map { (it as JsonPrimitive).content }

    fun members(name: String): Members? = element(name)?.let { Members(it as JsonObject) }

    fun list(name: String): List<Members> = (element(name) as JsonArray?).orEmpty().map { Members(it as JsonObject) }

    companion object {
        fun of(line: String): Members = Members(Json.parseToJsonElement(line) as JsonObject)
    }
}

/** Returns a value as a program would write it in Kotlin: a whole number is a `Long`, and another one a `Double`. */
internal fun JsonElement.toKotlin(): Any? =
    when (this) {
        is JsonNull -> null
        is JsonObject -> mapValues { it.value.toKotlin() }
        is JsonArray -> map { it.toKotlin() }
        is JsonPrimitive ->
            when {
                isString -> content
                content == "true" || content == "false" -> content.toBoolean()
                else -> content.toLongOrNull() ?: content.toDouble()
            }
    }

/** Returns a value of the client as JSON. A number that no double can hold is null, and the others keep their digits. */
internal fun jsonOf(value: Any?): JsonElement =
    when (value) {
        null -> JsonNull
        is JsonElement -> value
        is Boolean -> JsonPrimitive(value)
        is Number -> if (value.toDouble().isFinite()) JsonPrimitive(value) else JsonNull
        is Map<*, *> -> JsonObject(value.entries.associate { (name, member) -> name.toString() to jsonOf(member) })
        is Iterable<*> -> JsonArray(value.map(::jsonOf))
        else -> JsonPrimitive(value.toString())
    }
