package fh.client

import java.time.Duration
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

/** Clients of the toy system, whose session is tested in Rust. */
class ToyTest {
    @Test
    fun `a client polls with an ETag`() {
        val http = ScriptedHttp()
        val client = FeatureHub.toy("https://flags.example") {
            mode = FetchMode.POLLING
            interval = Duration.ofMillis(50)
            transport = http
        }
        val (first, exchange) = http.next()
        assertEquals("https://flags.example/flags", first.url)
        exchange.head(200, listOf("Content-Type" to "application/json", "ETag" to "\"1\""))
        exchange.piece("""{"dark": true}""".toByteArray())
        exchange.end()
        client.waitReady(PATIENCE)
        assertTrue(client.isEnabled("dark"))
        val (second, _) = http.next()
        assertEquals(listOf("\"1\""), second.headers.filter { it.first == "if-none-match" }.map { it.second })
        client.close()
    }

    @Test
    fun `a wrong setting is named`() {
        val wrong = assertFailsWith<IllegalArgumentException> { FeatureHub.toy("flags.example") }
        assertTrue("url" in wrong.message.orEmpty(), wrong.message)
        val mode = assertFailsWith<IllegalArgumentException> { FeatureHub.toy("https://flags.example") { mode = FetchMode.STREAMING } }
        assertTrue("POLLING" in mode.message.orEmpty(), mode.message)
    }
}
