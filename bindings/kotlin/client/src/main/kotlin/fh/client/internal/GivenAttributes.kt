package fh.client.internal

import java.util.concurrent.atomic.AtomicLong

/**
 * The attributes of a context: each name is followed by its text or by its list of texts. Most contexts are read once, so the map and the bytes are
 * made when something asks for them.
 */
internal class GivenAttributes(private val given: List<Any>) {
    /** A number that no other context of the process has. */
    val number: Long = NUMBERS.incrementAndGet()

    @Volatile private var madeMap: Map<String, List<String>>? = null

    @Volatile private var madeBytes: ByteArray? = null

    /** The values by the names. */
    val map: Map<String, List<String>> get() = madeMap ?: toMap().also { madeMap = it }

    /** The attributes as the native library reads them. */
    val packed: ByteArray get() = madeBytes ?: pack().also { madeBytes = it }

    private fun toMap(): Map<String, List<String>> {
        val map = LinkedHashMap<String, List<String>>()
        each { name, text, texts -> map[name] = text?.let { SingleText(it) } ?: texts }
        return map
    }

    private fun pack(): ByteArray {
        var capacity = 0
        each { name, text, texts -> capacity += 12 + name.length + (text?.length ?: texts.sumOf { 4 + it.length }) }
        val packer = Packer(capacity)
        each { name, text, texts ->
            packer.text(name)
            // The number of a list with 2^32 - 1 values stands for a single value.
            packer.number(if (text != null) -1 else texts.size)
            if (text != null) packer.text(text) else texts.forEach { packer.text(it) }
        }
        return packer.bytes()
    }

    /** Calls a function with each name and its text, or its list of texts. */
    @Suppress("UNCHECKED_CAST")
    private inline fun each(call: (name: String, text: String?, texts: List<String>) -> Unit) {
        for (at in given.indices step 2) {
            val value = given[at + 1]
            if (value is String) call(given[at] as String, value, emptyList()) else call(given[at] as String, null, value as List<String>)
        }
    }

    private companion object {
        val NUMBERS = AtomicLong()
    }

    /** Bytes that grow. Their capacity suffices for texts of ASCII. */
    private class Packer(capacity: Int) {
        private var bytes = ByteArray(capacity)
        private var size = 0

        fun bytes(): ByteArray = if (size == bytes.size) bytes else bytes.copyOf(size)

        fun number(number: Int) {
            reserve(4)
            for (at in 0..3) bytes[size + at] = (number shr 8 * at).toByte()
            size += 4
        }

        /** Writes a text. A surrogate without its other half becomes U+FFFD. */
        fun text(text: String) {
            number(text.length)
            reserve(text.length)
            for (at in text.indices) {
                val unit = text[at].code
                if (unit >= 0x80) return encoded(text)
                bytes[size + at] = unit.toByte()
            }
            size += text.length
        }

        /** Writes a text with characters outside ASCII in place of its length. */
        private fun encoded(text: String) {
            val encoded = text.toWellFormed().toByteArray(Charsets.UTF_8)
            size -= 4
            number(encoded.size)
            reserve(encoded.size)
            encoded.copyInto(bytes, size)
            size += encoded.size
        }

        private fun reserve(further: Int) {
            if (bytes.size - size < further) bytes = bytes.copyOf(maxOf(size + further, 2 * bytes.size))
        }
    }
}
