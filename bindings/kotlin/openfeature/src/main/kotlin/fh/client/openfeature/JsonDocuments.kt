package fh.client.openfeature

import com.fasterxml.jackson.core.JsonFactory
import com.fasterxml.jackson.core.JsonParser
import com.fasterxml.jackson.core.JsonProcessingException
import com.fasterxml.jackson.core.JsonToken
import dev.openfeature.sdk.FeatureProvider
import dev.openfeature.sdk.Value
import dev.openfeature.sdk.exceptions.ParseError
import dev.openfeature.sdk.exceptions.TypeMismatchError

private val JSON = JsonFactory()

/**
 * Returns the document of a JSON text as OpenFeature's value.
 *
 * @throws ParseError if the text is not valid JSON
 * @throws TypeMismatchError if the document is neither an object nor a list
 */
internal fun structured(text: String): Value {
    val document = try {
        JSON.createParser(text).use { parser ->
            parser.nextToken() ?: throw ParseError("the JSON text is empty")
            parser.document().also { if (parser.nextToken() != null) throw ParseError("the JSON text has a second document") }
        }
    } catch (failure: JsonProcessingException) {
        val place = failure.location?.let { " in line ${it.lineNr}, column ${it.columnNr}" }.orEmpty()
        throw ParseError("the JSON text is not valid$place: ${failure.originalMessage}", failure)
    }
    if (document !is Map<*, *> && document !is List<*>) throw TypeMismatchError("the JSON value is neither an object nor a list")
    return Value.objectToValue(document)
}

/** Returns what begins with the present token: maps, lists, texts, numbers, booleans or null. */
private fun JsonParser.document(): Any? =
    when (currentToken()) {
        JsonToken.START_OBJECT -> LinkedHashMap<String, Any?>().also { members ->
            while (nextToken() != JsonToken.END_OBJECT) {
                val name = currentName()
                nextToken()
                members[name] = document()
            }
        }
        JsonToken.START_ARRAY -> ArrayList<Any?>().also { items -> while (nextToken() != JsonToken.END_ARRAY) items.add(document()) }
        JsonToken.VALUE_STRING -> text
        JsonToken.VALUE_TRUE -> true
        JsonToken.VALUE_FALSE -> false
        JsonToken.VALUE_NULL -> null
        else -> number()
    }

/** Returns an `Int` or a `Double`, or a `Long` that no `Double` equals, because the SDK converts no `Long` to an object of a map. */
private fun JsonParser.number(): Any =
    when (numberType) {
        JsonParser.NumberType.INT -> intValue
        JsonParser.NumberType.LONG -> longValue.let { if (it in EXACT_DOUBLES) it.toDouble() else it }
        else -> doubleValue
    }

private val EXACT_DOUBLES = -FeatureProvider.MAX_SAFE_INTEGER..FeatureProvider.MAX_SAFE_INTEGER
