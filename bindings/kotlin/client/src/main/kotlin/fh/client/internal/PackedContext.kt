package fh.client.internal

import java.util.concurrent.atomic.AtomicLong

/** The attributes of a context as the native library reads them, and a number that no other context of the process has. */
internal class PackedContext(attributes: Map<String, List<String>>) {
    val number: Long = NUMBERS.incrementAndGet()
    val packed: ByteArray = pack(attributes)

    private companion object {
        val NUMBERS = AtomicLong()

        fun pack(attributes: Map<String, List<String>>): ByteArray {
            val packer = Packer(attributes.entries.sumOf { (name, values) -> 8 + name.length + values.sumOf { 4 + it.length } })
            for ((name, values) in attributes) {
                packer.text(name)
                // The number of a list with 2^32 - 1 values stands for a single value.
                packer.number(if (values is SingleText) -1 else values.size)
                values.forEach { packer.text(it) }
            }
            return packer.bytes()
        }
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
