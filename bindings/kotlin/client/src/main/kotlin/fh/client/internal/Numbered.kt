package fh.client.internal

import java.util.concurrent.ConcurrentHashMap

/** The most numbers that the native library gives for one kind of things. */
internal const val MOST_NUMBERS = 4095

/** The longest text that is numbered. */
private const val MOST_CHARACTERS = 1024

/** Texts that have numbers in the native library, so that a read passes on a number. */
internal class Numbered(private val add: (String) -> Int) {
    private val numbers = ConcurrentHashMap<String, Int>()

    /** Returns the number of a text, or -1. */
    fun number(text: String): Int = numbers[text] ?: numberOfNew(text)

    private fun numberOfNew(text: String): Int {
        if (numbers.size >= MOST_NUMBERS || text.length > MOST_CHARACTERS) return -1
        synchronized(numbers) {
            return numbers[text] ?: add(text).also { numbers[text] = it }
        }
    }
}
