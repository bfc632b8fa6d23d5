package fh.client.internal

import java.util.concurrent.ConcurrentHashMap

/** The names of the attributes of a context. A program makes most contexts with the same names, and these share an object of this class. */
internal class AttributeNames private constructor(val texts: Array<String>, private val isKept: Boolean) {
    @Volatile private var made = 0

    /** The number of the names in the native library, or -1. Without one, the library takes the names themselves. */
    val number: Int get() = if (made != 0) made else numbered()

    private fun numbered(): Int =
        synchronized(this) {
            if (made == 0) made = if (isKept) Bridge.numberNames(texts) else -1
            made
        }

    companion object {
        /** The most characters of a list of names that is kept. */
        private const val MOST_CHARACTERS = 512

        /** Names that were used lately, at places that their first and last texts decide. */
        private val RECENT = arrayOfNulls<AttributeNames>(16)
        private val KEPT = ConcurrentHashMap<List<String>, AttributeNames>()

        /** Returns the names that a function gives for the indices below `size`; null if one is repeated. */
        inline fun of(size: Int, name: (Int) -> String): AttributeNames? {
            val place = if (size == 0) 0 else (31 * name(0).hashCode() + name(size - 1).hashCode() + size) and 15
            val recent = recent(place)
            if (recent != null && recent.texts.size == size) {
                var at = 0
                while (at < size && recent.texts[at] == name(at)) at += 1
                if (at == size) return recent
            }
            return other(Array(size) { name(it) }, place)
        }

        fun recent(place: Int): AttributeNames? = RECENT[place]

        fun other(texts: Array<String>, place: Int): AttributeNames? {
            val names = KEPT[texts.asList()] ?: if (texts.toHashSet().size < texts.size) return null else unknown(texts)
            if (names.isKept) RECENT[place] = names
            return names
        }

        private fun unknown(texts: Array<String>): AttributeNames {
            val isKept = KEPT.size < MOST_NUMBERS && texts.sumOf { it.length } <= MOST_CHARACTERS
            val names = AttributeNames(texts, isKept)
            return if (isKept) KEPT.putIfAbsent(texts.asList(), names) ?: names else names
        }
    }
}
