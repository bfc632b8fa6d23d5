package fh.client.openfeature

import dev.openfeature.sdk.EvaluationContext
import dev.openfeature.sdk.TrackingEventDetails
import dev.openfeature.sdk.Value
import java.time.format.DateTimeFormatter
import java.time.format.DateTimeFormatterBuilder

/** Times are texts with milliseconds, such as `2026-11-28T00:00:00.000Z`. */
private val INSTANTS: DateTimeFormatter = DateTimeFormatterBuilder().appendInstant(3).toFormatter()

/** The number of structures, one inside the other, that are flattened. A structure inside the eighth is left out. */
private const val MAX_LEVELS = 8

/**
 * Returns the attributes of an evaluation context. The targeting key becomes the attribute with this name, unless the context has a value for
 * this attribute. The values in a structure become attributes with names such as `device.os`. A list in a list, a structure in a list, null
 * and NaN are left out.
 */
internal fun attributesOf(context: EvaluationContext?, userKey: String): Map<String, Any> {
    val fields: Map<String, Value?> = context?.asUnmodifiableMap().orEmpty()
    val attributes = LinkedHashMap<String, Any>()
    addValues(attributes, "", fields)
    val user = attributes[EvaluationContext.TARGETING_KEY]
    if (user != null && userKey !in attributes) {
        attributes.remove(EvaluationContext.TARGETING_KEY)
        attributes[userKey] = user
    }
    addStructures(attributes, "", fields, 1)
    return attributes
}

private fun addValues(attributes: MutableMap<String, Any>, prefix: String, fields: Map<String, Value?>) {
    for ((name, value) in fields) {
        val single = value?.asList()?.mapNotNull(::single)?.ifEmpty { null } ?: single(value) ?: continue
        attributes.putIfAbsent(prefix + name, single)
    }
}

/** Adds the values of each structure first, and then those of the structures in it, both in the order of their names. */
private fun addStructures(attributes: MutableMap<String, Any>, prefix: String, fields: Map<String, Value?>, level: Int) {
    if (level > MAX_LEVELS) return
    for ((name, value) in fields.filterValues { it?.isStructure == true }.toSortedMap()) {
        val inner: Map<String, Value?> = value?.asStructure()?.asUnmodifiableMap().orEmpty()
        addValues(attributes, "$prefix$name.", inner)
        addStructures(attributes, "$prefix$name.", inner, level + 1)
    }
}

private fun single(value: Value?): Any? =
    if (value == null || value.isStructure || value.isList) null else plain(value).takeUnless { it is Double && !it.isFinite() }

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
