package fh.client.openfeature

import dev.openfeature.sdk.EvaluationContext
import dev.openfeature.sdk.TrackingEventDetails
import dev.openfeature.sdk.Value
import dev.openfeature.sdk.exceptions.InvalidContextError
import java.time.format.DateTimeFormatter
import java.time.format.DateTimeFormatterBuilder

/** Times are texts with milliseconds, such as `2026-11-28T00:00:00.000Z`. */
private val INSTANTS: DateTimeFormatter = DateTimeFormatterBuilder().appendInstant(3).toFormatter()

/**
 * Returns the attributes of an evaluation context. The targeting key becomes the attribute with this name, unless the context has a field of
 * this name.
 *
 * @throws InvalidContextError if a field is a structure, or a list of anything but single values
 */
internal fun attributesOf(context: EvaluationContext?, userKey: String): Map<String, Any?> {
    val fields: Map<String, Value?> = context?.asUnmodifiableMap().orEmpty() - EvaluationContext.TARGETING_KEY
    val attributes = fields.mapValues { (name, value) -> value?.asList()?.map { single(name, it) } ?: single(name, value) }
    val key = context?.targetingKey
    return if (key == null || userKey in fields) attributes else attributes + (userKey to key)
}

private fun single(name: String, value: Value?): Any? =
    if (value != null && (value.isStructure || value.isList)) {
        val found = if (value.isStructure) "structure" else "list in a list"
        throw InvalidContextError("the field $name is a $found; only texts, numbers, booleans, times and lists of them are supported")
    } else {
        plain(value)
    }

/** Returns the parameters of a tracking event. Its number is the parameter `value`. */
internal fun paramsOf(details: TrackingEventDetails?): Map<String, Any?> {
    val fields = details?.asUnmodifiableMap().orEmpty().mapValues { plain(it.value) }
    val number = details?.value?.orElse(null) ?: return fields
    return fields + ("value" to number)
}

/** Returns a value as texts, numbers, booleans, lists and maps. */
private fun plain(value: Value?): Any? =
    when {
        value == null -> null
        value.isInstant -> INSTANTS.format(value.asInstant())
        value.isList -> value.asList().map { plain(it) }
        value.isStructure -> value.asStructure().asUnmodifiableMap().mapValues { plain(it.value) }
        else -> value.asObject()
    }
