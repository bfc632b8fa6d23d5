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
                is Iterable<*> -> value.mapNotNull { textOf(name, it) }
                else -> elementsOf(value)?.mapNotNull { textOf(name, it) } ?: listOfNotNull(textOf(name, value))
            }
        if (values.isNotEmpty()) texts[name] = values
    }
    return texts
}

/** Returns the elements of an array, also of an array of numbers, or null for any other value. */
private fun elementsOf(value: Any?): List<Any?>? =
    if (value?.javaClass?.isArray == true) List(Elements.getLength(value)) { Elements.get(value, it) } else null

private fun textOf(name: String, value: Any?): String? =
    when (value) {
        null -> null
        is Double -> if (value.isFinite()) digitsOf(value) else null
        is Float -> if (value.isFinite()) digitsOf(value) else null
        is BigDecimal -> value.toPlainString()
        is Enum<*> -> value.name.lowercase()
        is Map<*, *>, is Iterable<*> -> refuse(name, value)
        else -> if (value.javaClass.isArray) refuse(name, value) else value.toString()
    }

private fun digitsOf(value: Number): String = BigDecimal(value.toString()).stripTrailingZeros().toPlainString()

private fun refuse(name: String, value: Any): Nothing =
    throw IllegalArgumentException(
        "the attribute \"$name\" has a value of the type ${value.javaClass.simpleName}: " +
            "values are texts, numbers, booleans, enumerations, and lists of them",
    )

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
