package fh.client

import fh.client.internal.PackedContext
import java.lang.reflect.Array as Elements
import java.math.BigDecimal

/**
 * Returns the attributes with their values as texts. Null, NaN and empty lists leave an attribute out.
 *
 * @throws IllegalArgumentException if a value is a map, or a list that holds lists
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
        is String, is Number, is Boolean -> value.toString()
        else -> {
            require(value !is Map<*, *> && elementsOf(value) == null) {
                "the attribute \"$name\" has a value of the type ${value.javaClass.simpleName}: " +
                    "values are texts, numbers, booleans, enumerations, and lists of them"
            }
            value.toString()
        }
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
