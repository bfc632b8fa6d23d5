package fh.client.transports

import fh.client.FeatureHub
import fh.client.NoticeListener
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** A client of FeatBit, against the program `fh-test-featbit`. */
class FeatBitTest {
    @Test
    fun `a client of FeatBit polls, because its transport opens no WebSockets`() {
        ProgramServer("FH_TEST_FEATBIT").use { server ->
            server.tell("""{"do": "putFlag", "record": $FLAG}""")
            val notices = LinkedBlockingQueue<String>()
            val client = FeatureHub.featBit(server["streamingUrl"], server["serverSecret"]) {
                transport = Stack.JDK.transport()
                onNotice = NoticeListener { notices.add(it.kind) }
            }
            client.use {
                it.waitReady(PATIENCE)
                assertEquals("sockets_unsupported", notices.poll(PATIENCE_SECONDS, TimeUnit.SECONDS))
                val bob = it.context("keyId" to "bob")
                assertTrue(bob.isEnabled("dark"))
                bob.track("checkout", 12.5)
                bob.track("visit")
                assertTrue(it.flush(PATIENCE))
                val events = server.tell("""{"do": "record"}""").replace("\\", "")
                for (metric in listOf(""""checkout","numericValue":12.5""", """"visit","numericValue":1""")) assertTrue(metric in events, events)
                val wrong = mapOf<String, () -> Unit>(
                    "name of the event" to { bob.track(" ") },
                    "NaN is not a finite" to { bob.track("checkout", Double.NaN) },
                    "000 is not a finite" to { bob.track("checkout", 1e300) },
                    "no user key" to { it.context().track("checkout") },
                )
                for ((part, track) in wrong) {
                    val why = assertThrows(IllegalArgumentException::class.java) { track() }
                    assertTrue(part in why.message.orEmpty(), why.message)
                }
                assertFalse(it.context("keyId" to "eve").isEnabled("dark"))
                val status = it.statusNow()
                assertTrue(status.cursor!! > 0 && status.clockOffset == null, "$status")
                await("a rest until the next poll") { it.statusNow().connection == "resting" }
            }
        }
    }

    private companion object {
        /** A flag that is true for Bob. */
        const val FLAG =
            """{"id": "1", "key": "dark", "name": "dark", "variationType": "boolean", "isEnabled": true, "disabledVariationId": "off", """ +
                """"variations": [{"id": "on", "value": "true"}, {"id": "off", "value": "false"}], "rules": [], """ +
                """"targetUsers": [{"keyIds": ["bob"], "variationId": "on"}], "exptIncludeAllTargets": true, "isArchived": false, """ +
                """"fallthrough": {"includedInExpt": true, "variations": [{"id": "off", "rollout": [0, 1], "exptRollout": 1}]}}"""
    }
}
