package fh.client

import java.time.Duration
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

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
        val wrong = assertThrows(IllegalArgumentException::class.java) { FeatureHub.toy("flags.example") { transport = ScriptedHttp() } }
        assertTrue("url" in wrong.message.orEmpty(), wrong.message)
        val mode = assertThrows(IllegalArgumentException::class.java) {
            FeatureHub.toy("https://flags.example") {
                mode = FetchMode.STREAMING
                transport = ScriptedHttp()
            }
        }
        assertTrue("POLLING" in mode.message.orEmpty(), mode.message)
    }
}
