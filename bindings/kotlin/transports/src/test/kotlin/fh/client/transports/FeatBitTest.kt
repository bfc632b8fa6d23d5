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

/** A client of FeatBit, against the program `fh-test-featbit`, whose path is in the environment variable of this name in capitals. */
class FeatBitTest {
    @Test
    fun `a client of FeatBit polls, because its transport opens no WebSockets`() {
        val program = checkNotNull(System.getenv("FH_TEST_FEATBIT")) { "FH_TEST_FEATBIT names no program" }
        val server = ProcessBuilder(program).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        try {
            val answers = server.inputStream.bufferedReader()
            val greeting = answers.readLine()
            server.outputStream.write("""{"do": "putFlag", "record": $FLAG}""".toByteArray() + '\n'.code.toByte())
            server.outputStream.flush()
            assertTrue("\"ok\":true" in answers.readLine())
            val notices = LinkedBlockingQueue<String>()
            val client = FeatureHub.fromEnvironment {
                system = FlagSystem.FEATBIT
                secret = member(greeting, "serverSecret")
                streamingUrl = member(greeting, "streamingUrl")
                transport = Stack.JDK.transport()
                onNotice = NoticeListener { notices.add(it.kind) }
            }
            client.use {
                it.waitReady(PATIENCE)
                assertEquals("sockets_unsupported", notices.poll(PATIENCE_SECONDS, TimeUnit.SECONDS))
                assertTrue(it.context("keyId" to "bob").isEnabled("dark"))
                assertFalse(it.context("keyId" to "eve").isEnabled("dark"))
                await("a rest until the next poll") { it.statusNow().connection == "resting" }
            }
        } finally {
            server.destroy()
        }
    }

    private fun member(json: String, name: String): String =
        checkNotNull(Regex("\"$name\":\"([^\"]*)\"").find(json)) { json }.groupValues[1]

    private companion object {
        /** A flag that is true for Bob. */
        const val FLAG =
            """{"id": "1", "key": "dark", "name": "dark", "variationType": "boolean", "isEnabled": true, "disabledVariationId": "off", """ +
                """"variations": [{"id": "on", "value": "true"}, {"id": "off", "value": "false"}], "rules": [], """ +
                """"targetUsers": [{"keyIds": ["bob"], "variationId": "on"}], "exptIncludeAllTargets": true, "isArchived": false, """ +
                """"fallthrough": {"includedInExpt": true, "variations": [{"id": "off", "rollout": [0, 1], "exptRollout": 1}]}}"""
    }
}
