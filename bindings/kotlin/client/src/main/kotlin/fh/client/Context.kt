package fh.client

import fh.client.internal.PackedContext
import java.lang.reflect.Array as Elements
import java.math.BigDecimal
import java.time.LocalDate
import java.time.format.DateTimeFormatter
import java.time.format.DateTimeFormatterBuilder
import java.time.temporal.ChronoField
import java.time.temporal.TemporalAccessor
import java.util.Calendar
import java.util.Date
import java.util.UUID
import kotlin.time.toJavaInstant

/** The form of a time in all languages, such as `2026-11-28T08:15:00.000Z`. */
private val TIMES: DateTimeFormatter = DateTimeFormatterBuilder().appendInstant(3).toFormatter()

/**
 * Returns the attributes with their values as texts. Null, NaN and empty lists leave an attribute out.
 *
 * @throws IllegalArgumentException if a value has no text of its own, such as a map, a list that holds lists, or a time without a zone
 */
internal fun attributesOf(attributes: Map<String, Any?>): Map<String, List<String>> {
    val texts = LinkedHashMap<String, List<String>>()
    for ((name, value) in attributes) {
        val values =
            when (value) {
                // Most values are texts, and the check of an interface takes longer.
                is String -> listOf(value)
                else -> elementsOf(value)?.mapNotNull { textOf(name, it) } ?: listOfNotNull(textOf(name, value))
            }
        if (values.isNotEmpty()) texts[name] = values
    }
    return texts
}

/** Returns the elements of a list or of an array, also of an array of numbers, or null for any other value. */
private fun elementsOf(value: Any?): Iterable<Any?>? =
    when {
        value is Iterable<*> -> value
        value?.javaClass?.isArray == true -> List(Elements.getLength(value)) { Elements.get(value, it) }
        else -> null
    }

private fun textOf(name: String, value: Any?): String? =
    when (value) {
        null -> null
        is Double, is Float ->
            if ((value as Number).toDouble().isFinite()) BigDecimal(value.toString()).stripTrailingZeros().toPlainString() else null
        is BigDecimal -> value.toPlainString()
        is Enum<*> -> value.name.lowercase()
        is CharSequence, is Number, is Boolean, is Char, is UUID -> value.toString()
        else ->
            requireNotNull(timeOf(value)) {
                "the attribute \"$name\" has a value of the type ${value.javaClass.simpleName}: write its text. Values are texts, numbers, " +
                    "booleans, enumerations, times with a zone, dates, UUIDs, and lists of them"
            }
    }

/** Returns the text of a time or of a date, or null for any other value. */
private fun timeOf(value: Any): String? =
    when (value) {
        is LocalDate -> value.toString()
        is TemporalAccessor -> if (value.isSupported(ChronoField.INSTANT_SECONDS)) TIMES.format(value) else null
        is kotlin.time.Instant -> TIMES.format(value.toJavaInstant())
        // A `java.sql.Date` and a `java.sql.Time` have no instant.
        is Date -> runCatching { TIMES.format(value.toInstant()) }.getOrNull()
        is Calendar -> TIMES.format(value.toInstant())
        else -> null
    }

/**
 * The attributes of a user, a device or a request, with the functions that read features for them. A context is immutable, may be used by many
 * threads, and need not be closed.
 */
public class Context internal constructor(
    /** The client of the context. */
    public val client: Client,
    /** The attributes, each with its values as texts. */
    public val attributes: Map<String, List<String>>,
) : Reads(client.native, PackedContext(attributes)) {
    override val given: Map<String, List<String>> get() = attributes

    /** Returns a context with these attributes in addition. An attribute that exists is replaced; null removes it. */
    public fun with(vararg attributes: Pair<String, Any?>): Context = with(attributes.toMap())

    /** Returns a context with these attributes in addition. An attribute that exists is replaced; null removes it. */
    public fun with(attributes: Map<String, Any?>): Context =
        Context(client, this.attributes - attributes.keys + attributesOf(attributes))

    /** Values of attributes are personal data, so only the names are shown. */
    override fun toString(): String = "Context of ${attributes.keys.joinToString()}"
}
