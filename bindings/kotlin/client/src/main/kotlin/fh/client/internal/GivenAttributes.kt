package fh.client.internal

import java.util.Collections
import java.util.concurrent.atomic.AtomicLong

/**
 * The attributes of a context: for each name a text, an array of texts, or null for an attribute that is left out. The texts stay those of the
 * program, and the native library copies the ones that a read needs. The marks are [HAS_LIST] and [LACKS_ONE].
 */
internal class GivenAttributes(private val names: AttributeNames, val values: Array<out Any?>, private val marks: Int) {
    /** A number that no other context of the process has. */
    val number: Long = NUMBERS.incrementAndGet()

    @Volatile private var madeMap: Map<String, List<String>>? = null

    /** Four times the number of the names, and the marks. It is negative if the names have no number. */
    val form: Int get() = 4 * names.number + marks

    val nameTexts: Array<String> get() = names.texts

    /** The values by the names. */
    val map: Map<String, List<String>> get() = madeMap ?: toMap().also { madeMap = it }

    private fun toMap(): Map<String, List<String>> {
        val map = LinkedHashMap<String, List<String>>()
        for ((at, value) in values.withIndex()) {
            @Suppress("UNCHECKED_CAST")
            when (value) {
                null -> {}
                is String -> map[nameTexts[at]] = SingleText(value)
                else -> map[nameTexts[at]] = Collections.unmodifiableList((value as Array<String>).asList())
            }
        }
        return Collections.unmodifiableMap(map)
    }

    companion object {
        /** A value is a list. */
        const val HAS_LIST = 1

        /** An attribute is left out. */
        const val LACKS_ONE = 2

        private val NUMBERS = AtomicLong()
    }
}
