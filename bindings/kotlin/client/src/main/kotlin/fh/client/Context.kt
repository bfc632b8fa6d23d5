package fh.client

import fh.client.internal.PackedContext
import java.math.BigDecimal

/** Returns the attributes with their values as texts. Null, NaN and empty lists leave an attribute out. */
internal fun attributesOf(attributes: Map<String, Any?>): Map<String, List<String>> {
    val texts = LinkedHashMap<String, List<String>>()
    for ((name, value) in attributes) {
        val values =
            when (value) {
                // Most values are texts, and the check of an interface takes longer.
                is String -> listOf(value)
                is Iterable<*> -> value.mapNotNull(::textOf)
                else -> listOfNotNull(textOf(value))
            }
        if (values.isNotEmpty()) texts[name] = values
    }
    return texts
}

private fun textOf(value: Any?): String? =
    when (value) {
        null -> null
        is Double -> if (value.isFinite()) BigDecimal(value.toString()).stripTrailingZeros().toPlainString() else null
        is Float -> textOf(value.toDouble())
        is BigDecimal -> value.toPlainString()
        is Enum<*> -> value.name.lowercase()
        else -> value.toString()
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
