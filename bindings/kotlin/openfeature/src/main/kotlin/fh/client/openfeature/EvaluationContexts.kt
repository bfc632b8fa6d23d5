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

/** The conversion of what OpenFeature gives to a provider. Nothing that a program gives is an error: a field that cannot be used is left out. */
internal class EvaluationContexts(private val userKey: String, private val warnings: FieldWarnings) {
    /**
     * Returns the attributes of an evaluation context. The targeting key becomes the user key, unless the context has a value for this
     * attribute. The values in a structure become attributes with names such as `device.os`. A list in a list, a structure in a list, null
     * and NaN are left out.
     */
    fun attributesOf(context: EvaluationContext?): Map<String, Any> {
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
        for ((field, value) in fields) {
            val name = prefix + field
            if (value == null || value.isStructure) continue
            val usable = if (value.isList) value.asList().mapNotNull { single(name, it) }.ifEmpty { null } else single(name, value)
            if (usable != null) attributes.putIfAbsent(name, usable)
        }
    }

    /** Adds the values of each structure first, and then those of the structures in it, both in the order of their names. */
    private fun addStructures(attributes: MutableMap<String, Any>, prefix: String, fields: Map<String, Value?>, level: Int) {
        for ((name, value) in fields.filterValues { it?.isStructure == true }.toSortedMap()) {
            if (level > MAX_LEVELS) {
                warnings.warn(prefix + name, "it is inside of $MAX_LEVELS structures")
                continue
            }
            val inner: Map<String, Value?> = value?.asStructure()?.asUnmodifiableMap().orEmpty()
            addValues(attributes, "$prefix$name.", inner)
            addStructures(attributes, "$prefix$name.", inner, level + 1)
        }
    }

    /** Returns a value that is neither a list nor a structure. */
    private fun single(name: String, value: Value?): Any? =
        when {
            value == null || value.isNull -> null
            value.isStructure || value.isList -> null.also { warnings.warn(name, "a list can have only single values") }
            else -> plain(value).takeIf { isFinite(name, it) }
        }

    /** Returns the parameters of a tracking event. Its number is the parameter `value`. */
    fun paramsOf(details: TrackingEventDetails?): Map<String, Any?> {
        val fields = details?.asUnmodifiableMap().orEmpty().mapValues { plain(it.value) }
        val number = details?.value?.orElse(null)
        val params = if (number == null) fields else fields + ("value" to number)
        return params.filter { (name, value) -> isFinite(name, value) }
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

    /** Returns true if a value has no number that is infinite or no number, which JSON does not have. */
    private fun isFinite(name: String, value: Any?): Boolean {
        val isFinite = isFinite(value)
        if (!isFinite) warnings.warn(name, "it has a number that is not finite")
        return isFinite
    }

    private fun isFinite(value: Any?): Boolean =
        when (value) {
            is Number -> value.toDouble().isFinite()
            is List<*> -> value.all { isFinite(it) }
            is Map<*, *> -> value.values.all { isFinite(it) }
            else -> true
        }
}
