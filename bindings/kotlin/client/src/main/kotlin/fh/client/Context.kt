package fh.client

import fh.client.internal.AttributeNames
import fh.client.internal.GivenAttributes
import fh.client.internal.SingleText
import fh.client.internal.decimalOf
import java.lang.reflect.Array as Elements
import java.math.BigDecimal
import java.math.BigInteger
import java.math.MathContext
import java.math.RoundingMode
import java.net.URI
import java.net.URL
import java.time.Instant
import java.time.LocalDate
import java.time.format.DateTimeFormatter
import java.time.format.DateTimeFormatterBuilder
import java.time.temporal.ChronoField
import java.time.temporal.TemporalAccessor
import java.util.Calendar
import java.util.Date
import java.util.Optional
import java.util.OptionalDouble
import java.util.OptionalInt
import java.util.OptionalLong
import java.util.UUID

/** The form of a time in all languages, such as `2026-11-28T08:15:00.000Z`. */
private val TIMES: DateTimeFormatter = DateTimeFormatterBuilder().appendInstant(3).toFormatter()

/** The longest text of a value, which no rule needs. A `BigDecimal` of ten digits can have 100 million digits as a text. */
private const val MOST_CHARACTERS = 65_536

/**
 * Returns the attributes with their values as texts. Null, NaN and an empty `Optional` leave an attribute out.
 *
 * @throws IllegalArgumentException if a value has no text of its own, such as a map, a list that holds lists, or a time without a zone, or if its
 *   text is too long
 */
internal fun attributesOf(attributes: Map<String, Any?>): GivenAttributes {
    // Another thread may change a map.
    val entries = attributes.entries.toTypedArray()
    val names = AttributeNames.of(entries.size) { entries[it].key } ?: return attributesOf(LinkedHashMap(attributes))
    return attributesOf(names) { entries[it].value }
}

/** Returns attributes of which the last one with a name counts. */
internal fun attributesOf(attributes: Array<out Pair<String, Any?>>): GivenAttributes {
    val names = AttributeNames.of(attributes.size) { attributes[it].first } ?: return attributesOf(attributes.toMap())
    return attributesOf(names) { attributes[it].second }
}

private inline fun attributesOf(names: AttributeNames, value: (Int) -> Any?): GivenAttributes {
    var marks = 0
    val values = arrayOfNulls<Any>(names.texts.size)
    for (at in values.indices) {
        val given = value(at)
        // Most values are texts, and the check of an interface takes longer.
        val texts = if (given is String) checked(names.texts[at], given) else textsOf(names.texts[at], opened(given))
        if (texts !is String) marks = marks or if (texts == null) GivenAttributes.LACKS_ONE else GivenAttributes.HAS_LIST
        values[at] = texts
    }
    return GivenAttributes(names, values, marks)
}

/** Returns the array of the texts of a list or of an array, also of an array of numbers, or the text of a single value; null for no value. */
private fun textsOf(name: String, value: Any?): Any? =
    when {
        // The attributes of another context keep what is a list.
        value is SingleText -> value.text
        value is Collection<*> -> value.mapNotNull { textOf(name, opened(it)) }.toTypedArray()
        value?.javaClass?.isArray == true ->
            List(Elements.getLength(value)) { Elements.get(value, it) }.mapNotNull { textOf(name, opened(it)) }.toTypedArray()
        else -> textOf(name, value)
    }

/** Returns the value in an `Optional`, or null for an empty one. */
private fun opened(value: Any?): Any? =
    when (value) {
        is Optional<*> -> opened(value.orElse(null))
        is OptionalInt -> if (value.isPresent) value.asInt else null
        is OptionalLong -> if (value.isPresent) value.asLong else null
        is OptionalDouble -> if (value.isPresent) value.asDouble else null
        else -> value
    }

private fun textOf(name: String, value: Any?): String? =
    when (value) {
        null -> null
        is Double -> if (value.isFinite()) textOf(value, value.toString()) { it.toDouble() == value } else null
        is Float -> if (value.isFinite()) textOf(value.toDouble(), value.toString()) { it.toFloat() == value } else null
        is Int, is Long, is Boolean, is Char, is UUID, is URI, is URL, is UInt, is ULong, is UByte, is UShort -> value.toString()
        is Number -> textOf(name, value)
        is Enum<*> -> value.name.lowercase()
        is CharSequence -> checked(name, value.toString())
        else -> timeOf(value) ?: refuse(name, value)
    }

/** Returns the shortest text that is this `Double` or `Float`, without an exponent. */
private fun textOf(value: Double, written: String, isSame: (BigDecimal) -> Boolean): String {
    // A BigDecimal has no negative zero.
    if (value == 0.0) return written.removeSuffix(".0")
    val exact = BigDecimal(written).stripTrailingZeros()
    // Java writes two digits where one suffices, and before Java 19 it may write seventeen where sixteen suffice.
    val isLong = exact.precision() == 2 || exact.precision() > 15
    val roundings = if (isLong) listOf(RoundingMode.HALF_EVEN, RoundingMode.UP, RoundingMode.DOWN) else emptyList()
    val shorter = roundings.map { BigDecimal(value).round(MathContext(exact.precision() - 1, it)) }.firstOrNull(isSame)
    return (shorter?.stripTrailingZeros() ?: exact).toPlainString()
}

/** Returns all digits of a number of another class. */
private fun textOf(name: String, value: Number): String {
    if (value is BigInteger && value.bitLength() > 4 * MOST_CHARACTERS) refuseLong(name)
    val number = value as? BigDecimal ?: decimalOf(value.toString()) ?: refuse(name, value)
    val isLong = number.scale() !in -MOST_CHARACTERS..MOST_CHARACTERS || number.precision() > MOST_CHARACTERS
    return if (isLong) refuseLong(name) else checked(name, number.toPlainString())
}

private fun checked(name: String, text: String): String = if (text.length > MOST_CHARACTERS) refuseLong(name) else text

private fun refuseLong(name: String): Nothing =
    throw IllegalArgumentException("the text of the attribute \"$name\" has more than $MOST_CHARACTERS characters: no rule needs it")

private fun refuse(name: String, value: Any): Nothing =
    throw IllegalArgumentException(
        "the attribute \"$name\" has a value of the type ${value.javaClass.simpleName}: write its text. Values are texts, numbers, " +
            "booleans, enumerations, times with a zone, dates, UUIDs, URLs, and lists of them",
    )

/** Returns the text of a time or of a date, or null for any other value. */
private fun timeOf(value: Any): String? =
    when (value) {
        is LocalDate -> value.toString()
        is TemporalAccessor -> if (value.isSupported(ChronoField.INSTANT_SECONDS)) TIMES.format(value) else null
        // A `java.sql.Date` and a `java.sql.Time` have no instant.
        is Date -> runCatching { TIMES.format(value.toInstant()) }.getOrNull()
        is Calendar -> TIMES.format(value.toInstant())
        // The class came with kotlin-stdlib 2.1.20.
        else -> if (value.javaClass.name == "kotlin.time.Instant") TIMES.format(Instant.parse(value.toString())) else null
    }

/**
 * The attributes of a user, a device or a request, with the functions that read features for them. A context is immutable, may be used by many
 * threads, and need not be closed.
 */
public class Context internal constructor(
    /** The client of the context. */
    public val client: Client,
    given: GivenAttributes,
) : Reads(client.native, given) {
    /** The attributes, each with its values as texts. */
    public val attributes: Map<String, List<String>> get() = checkNotNull(given).map

    /** Returns a context with these attributes in addition. An attribute that exists is replaced; null removes it. */
    public fun with(vararg attributes: Pair<String, Any?>): Context = with(attributes.toMap())

    /** Returns a context with these attributes in addition. An attribute that exists is replaced; null removes it. */
    public fun with(attributes: Map<String, Any?>): Context =
        Context(client, attributesOf(this.attributes - attributes.keys + attributesOf(attributes).map))

    /**
     * Reports a metric of the context's user to FeatBit, for its experiments. The event is queued, and is sent with others within 5 seconds.
     *
     * @throws IllegalArgumentException if the client is none of FeatBit, the name is blank, the value is not a finite number of 32 bits, or the
     * context has no user key
     */
    @JvmOverloads
    public fun track(event: String, value: Double = 1.0) {
        native.perform("track", "event" to event, "value" to value.toString(), "context" to attributes)
    }

    /** Values of attributes are personal data, so only the names are shown. */
    override fun toString(): String = "Context of ${attributes.keys.joinToString()}"
}
