package fh.client.transports

import fh.client.FeatureHub
import fh.client.FlagSystem
import fh.client.NoticeListener
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** A client of FeatBit, against the program `fh-test-featbit`. */
class FeatBitTest {
    @Test
    fun `a client of FeatBit polls, because its transport opens no WebSockets`() {
        ProgramServer("FH_TEST_FEATBIT").use { server ->
            server.tell("""{"do": "putFlag", "record": $FLAG}""")
            val notices = LinkedBlockingQueue<String>()
            val client = FeatureHub.fromEnvironment {
                system = FlagSystem.FEATBIT
                secret = server["serverSecret"]
                streamingUrl = server["streamingUrl"]
                transport = Stack.JDK.transport()
                onNotice = NoticeListener { notices.add(it.kind) }
            }
            client.use {
                it.waitReady(PATIENCE)
                assertEquals("sockets_unsupported", notices.poll(PATIENCE_SECONDS, TimeUnit.SECONDS))
                assertTrue(it.context("keyId" to "bob").isEnabled("dark"))
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
