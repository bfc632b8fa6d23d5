package fh.client.internal

import java.util.Collections
import java.util.concurrent.atomic.AtomicLong

/**
 * The attributes of a context: each name is followed by its text, or by the array of its texts. The texts stay those of the program, and the
 * native library copies the ones that a read needs.
 */
internal class GivenAttributes(val given: Array<out Any?>) {
    /** A number that no other context of the process has. */
    val number: Long = NUMBERS.incrementAndGet()

    @Volatile private var madeNames: IntArray? = null

    @Volatile private var madeMap: Map<String, List<String>>? = null

    /** For each attribute twice the number of its name, and one more for a list. */
    val names: IntArray get() = madeNames ?: numbered().also { madeNames = it }

    /** The values by the names. */
    val map: Map<String, List<String>> get() = madeMap ?: toMap().also { madeMap = it }

    private fun numbered() = IntArray(given.size / 2) { 2 * NAMES.number(given[2 * it] as String) + if (given[2 * it + 1] is String) 0 else 1 }

    private fun toMap(): Map<String, List<String>> {
        val map = LinkedHashMap<String, List<String>>()
        for (at in given.indices step 2) {
            val value = given[at + 1]
            @Suppress("UNCHECKED_CAST")
            map[given[at] as String] = if (value is String) SingleText(value) else Collections.unmodifiableList((value as Array<String>).asList())
        }
        return Collections.unmodifiableMap(map)
    }

    private companion object {
        val NUMBERS = AtomicLong()

        /** The numbers of names, which the library gives. It takes a name without a number from the attributes themselves. */
        val NAMES = Numbered(none = 0) { Bridge.numberName(it) }
    }
}
