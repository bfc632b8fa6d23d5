package fh.client

import java.math.BigDecimal
import java.math.BigInteger
import java.util.Optional
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ReadsTest {
    @Test
    fun `a read of another type, of null and of a missing feature has the default`() {
        val features = arrayOf(feature("B", "BOOLEAN", "true"), feature("S", "STRING", "\"\""), feature("NULL", "STRING", "null"))
        polled(*features).use { client ->
            assertTrue(client.boolean("B", false) && client.isEnabled("B"))
            assertEquals("", client.string("S"))
            for (key in listOf("B", "NULL", "MISSING")) assertEquals("default", client.string(key, "default"), key)
            for (key in listOf("S", "NULL", "MISSING")) {
                assertNull(client.boolean(key), key)
                assertTrue(client.boolean(key, true), key)
                assertFalse(client.isEnabled(key), key)
                assertNull(client.decimal(key), key)
                assertEquals(1.5, client.number(key, 1.5), key)
                assertNull(client.json(key), key)
            }
            assertEquals("NOT_FOUND", client.detail("MISSING").reason)
            assertEquals(true to "STATIC", client.detail("B", "BOOLEAN").let { it.value to it.reason })
            assertEquals(null to "TYPE_MISMATCH", client.context().detail("B", "STRING").let { it.value to it.reason })
            assertThrows(IllegalArgumentException::class.java) { client.detail("B", "TEXT") }
            assertTrue("B" in client.explain("B"))
        }
    }

    /** Emoji have two UTF-16 units, and the Java Native Interface has a form of UTF-8 of its own for them and for NUL. */
    @Test
    fun `texts cross the border with all their characters`() {
        for (text in listOf("höher", "🦆 duck", "a\u0000b", "\u2028", "𝄞".repeat(1000), "x".repeat(1 shl 20))) {
            polled(feature("KEY $text", "STRING", quoted(text))).use { client ->
                assertEquals(text, client.string("KEY $text"))
            }
        }
    }

    @Test
    fun `a lone surrogate finds nothing in a key and is replaced in an attribute`() {
        polled(feature("A\uFFFD", "STRING", "\"found\""), rollout("PLAN", "plan", "\uFFFD")).use { client ->
            assertEquals("found", client.string("A\uFFFD"))
            assertEquals("yes", client.context("plan" to "\uD800").string("PLAN"))
            assertEquals("no", client.context("plan" to "x").string("PLAN"))
        }
    }

    @Test
    fun `a client reads more keys and contexts than it keeps`() {
        val client = polled(feature("F", "STRING", "\"here\""), rollout("PLAN", "plan", "gold"))
        for (number in 0..5000) {
            assertNull(client.string("MISSING-$number"))
            // The key has a number of its own, from the middle of the others.
            if (number >= 100) assertEquals("here", client.string("F"))
        }
        val contexts = (0..20).map { client.context("plan" to if (it % 2 == 0) "gold" else "silver", "number" to it) }
        repeat(3) {
            contexts.forEachIndexed { at, context ->
                // The second read in a row makes the context of the library.
                repeat(2) { assertEquals(if (at % 2 == 0) "yes" else "no", context.string("PLAN"), context.attributes.toString()) }
            }
        }
        client.close()
        while (client.readiness != Readiness.CLOSED) Thread.yield()
        assertEquals("here", client.string("F"))
    }

    @Test
    fun `attributes of all kinds are texts`() {
        val client = polled(rollout("PLAN", "plan", "7"))
        for (value in listOf("7", 7, 7L, 7.0, BigDecimal("7"), listOf("x", 7), setOf(null, 7.0f), arrayOf("x", "7"), intArrayOf(7))) {
            assertEquals("yes", client.context("plan" to value).string("PLAN"), value.toString())
        }
        for (value in listOf(null, Double.NaN, Optional.empty<String>())) {
            assertTrue(client.context("plan" to value).attributes.isEmpty())
        }
        val many = client.context((0 until 10_000).associate { "attribute$it" to it } + ("plan" to 7))
        assertEquals("yes", many.string("PLAN"))
        assertEquals("no", client.context("plan" to 7, "x" to 1).with("plan" to null).string("PLAN"))
        assertFalse("7" in client.context("plan" to "7").toString())
        assertEquals(listOf("0.1"), client.context("plan" to 0.1f).attributes["plan"])
        // The limits of texts. No rule needs longer ones.
        assertEquals(65_536, client.context("plan" to "x".repeat(65_536)).attributes.getValue("plan").single().length)
        val long = listOf("x".repeat(65_537), StringBuilder("x".repeat(65_537)), listOf("x".repeat(65_537)), BigInteger.ONE.shiftLeft(1 shl 22))
        for (value in long + BigDecimal("1E-65537") + BigDecimal("1E+65536")) {
            val why = assertThrows(IllegalArgumentException::class.java) { client.context("plan" to value) }
            assertTrue("\"plan\" has more than 65536" in why.message.orEmpty(), why.message)
        }
        // A context keeps what is a list, also in another context.
        val tags = client.context("tags" to listOf("a"), "one" to "a")
        assertEquals(tags.attributes, client.context(tags.attributes).with("plan" to 7).with("plan" to null).attributes)
    }

    @Test
    fun `a context has the last value of a name, at the place of the first, and none that the program changes later`() {
        val client = polled(rollout("PLAN", "plan", "7"))
        for (others in listOf(emptyList(), (0..20).map { "x$it" to it as Any? })) {
            val pairs = arrayOf("plan" to Any(), "team" to "web", *others.toTypedArray(), "plan" to 7)
            val context = client.context(*pairs)
            assertEquals("yes", context.string("PLAN"))
            assertEquals(listOf("plan", "team"), context.attributes.keys.take(2))
            assertTrue(client.context(*pairs, "plan" to null).let { it.string("PLAN") == "no" && "plan" !in it.attributes })
        }
        val plans = mutableListOf("7")
        val given = mutableMapOf<String, Any?>("plan" to plans)
        val context = client.context(given)
        given["plan"] = "x"
        plans[0] = "x"
        repeat(3) { assertEquals("yes", context.string("PLAN")) }
        assertEquals(mapOf("plan" to listOf("7")), context.attributes)
    }

    @Test
    fun `an attribute that is left out is no empty text`() {
        val client = polled(rollout("PLAN", "plan", ""))
        for ((value, expected) in listOf("" to "yes", null to "no", listOf(null) to "no", Optional.empty<Any>() to "no")) {
            val context = client.context("a" to listOf(1), "plan" to value, "z" to 1)
            repeat(3) { assertEquals(expected, context.string("PLAN"), "$value") }
        }
    }

    /** Contexts with the same names share them, and those with the same first and last name look for each other's names. */
    @Test
    fun `a context has its own names beside any number of others`() {
        val client = polled(rollout("PLAN", "plan", "7"))
        val given = mapOf("a" to 1, "plan" to 7, "z" to listOf("x"))
        for (number in 0..4_200) {
            assertEquals("no", client.context("a" to 1, "plan$number" to 7, "z" to 1).string("PLAN"))
            if (number % 100 != 0) continue
            val contexts = listOf(client.context(given), client.context(given.mapKeys { String(it.key.toCharArray()) }))
            contexts.forEach { context -> repeat(3) { assertEquals("yes", context.string("PLAN"), "$number") } }
            assertEquals("no", client.context(given + ("plan" to null)).string("PLAN"))
            assertEquals("no", client.context("plan" to 1, "a" to 7, "z" to 7).string("PLAN"))
        }
    }

    /** Few characters of ASCII, and names that the library has numbered, have ways of their own. */
    @Test
    fun `names and texts of any length and of any characters are read`() {
        val texts = listOf("", "x", "é", "𝄞", "a".repeat(128), "a".repeat(129), "é".repeat(128), "a".repeat(65_535))
        for (name in listOf("plan", "plän", "p".repeat(508), "p".repeat(509))) {
            for (text in texts) {
                val client = polled(rollout("PLAN", name, text))
                for (given in listOf(text, listOf("other", text))) {
                    val context = client.context("team" to "web", name to given)
                    repeat(3) { assertEquals("yes", context.string("PLAN"), "${name.length} ${text.length} $it") }
                    assertEquals("no", client.context("team" to text, name to "$text.").string("PLAN"))
                }
                client.close()
            }
        }
    }

    /** Returns a feature that is `yes` if the attribute has the value, and `no` otherwise. */
    private fun rollout(key: String, attribute: String, value: String): String {
        val rule = """{"fieldName": "$attribute", "type": "STRING", "conditional": "EQUALS", "values": [${quoted(value)}]}"""
        return feature(key, "STRING", "\"no\"", """, "strategies": [{"id": "s", "value": "yes", "attributes": [$rule]}]""")
    }
}
