package fh.client.internal

import java.math.BigDecimal

/** Returns a value of a feature that the native library has written: a Boolean, a number, or a String; a JSON value is its text. */
internal fun valueOf(written: Any?): Any? {
    val (type, value) = (written as? Map<*, *>)?.entries?.firstOrNull() ?: return null
    return if (type == "number") numberOf(value.toString()) else value
}

/** Returns a `BigDecimal`, or the digits themselves if none has them. */
internal fun numberOf(digits: String): Any = decimalOf(digits) ?: digits

/** Returns the number with these digits, or null if no `BigDecimal` has them, whose exponent has 32 bits. */
internal fun decimalOf(digits: String): BigDecimal? {
    val exponent = digits.indexOfFirst { it == 'e' || it == 'E' }
    // Some versions of Java take one exponent more than others.
    if (exponent >= 0 && digits.substring(exponent + 1).toIntOrNull() == null) return null
    return try {
        BigDecimal(digits)
    } catch (_: NumberFormatException) {
        null
    }
}

/** Returns a value for the native library. */
internal fun written(value: Any?): Any =
    when (value) {
        null -> "null"
        is Boolean -> mapOf("boolean" to value)
        is BigDecimal -> mapOf("number" to value.toString())
        Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY ->
            throw IllegalArgumentException("a value is a finite number, but not $value")
        is Number -> mapOf("number" to value.toString())
        is CharSequence -> mapOf("text" to value.toString())
        else -> throw IllegalArgumentException("a value is a Boolean, a String, a number or null, but not a ${value.javaClass.name}")
    }

/** Returns an object that the native library has written, with texts as its values. */
internal fun textsOf(written: Any?): Map<String, String> =
    (written as? Map<*, *>).orEmpty().entries.associate { (name, value) -> name.toString() to value.toString() }

/** Returns a list that the native library has written, with texts as its items. */
internal fun listOf(written: Any?): List<String> = (written as? List<*>).orEmpty().map { it.toString() }
