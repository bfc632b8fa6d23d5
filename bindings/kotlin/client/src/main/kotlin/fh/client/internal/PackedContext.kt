package fh.client.internal

import java.io.ByteArrayOutputStream
import java.util.concurrent.atomic.AtomicLong

/** The attributes of a context as the native library reads them, and a number that no other context of the process has. */
internal class PackedContext(attributes: Map<String, List<String>>) {
    val number: Long = NUMBERS.incrementAndGet()
    val packed: ByteArray = pack(attributes)

    private companion object {
        val NUMBERS = AtomicLong()

        fun pack(attributes: Map<String, List<String>>): ByteArray {
            val packed = ByteArrayOutputStream()
            for ((name, values) in attributes) {
                packed.text(name)
                packed.number(values.size)
                values.forEach { packed.text(it) }
            }
            return packed.toByteArray()
        }

        /** Writes a text. A surrogate without its other half becomes U+FFFD. */
        fun ByteArrayOutputStream.text(text: String) {
            val bytes = text.toWellFormed().toByteArray(Charsets.UTF_8)
            number(bytes.size)
            write(bytes, 0, bytes.size)
        }

        fun ByteArrayOutputStream.number(number: Int) {
            for (shift in 0..24 step 8) write(number shr shift)
        }
    }
}
