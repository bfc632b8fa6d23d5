package fh.client.transports

import fh.client.ChangeListener
import fh.client.ClientSettings
import fh.client.FeatureHub
import fh.client.FlagSystem
import java.time.Duration
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource

/** A client of FeatureSignals, against the program `fh-test-featuresignals`, and with a ruleset. */
class FeatureSignalsTest {
    /** A context with attributes takes a POST request with a body. */
    @ParameterizedTest
    @EnumSource(Stack::class)
    fun `the server evaluates for the context that was set`(stack: Stack) {
        ProgramServer("FH_TEST_FEATURESIGNALS").use { server ->
            server.tell("""{"do": "putFlag", "record": $FLAG}""")
            server.tell("""{"do": "putState", "name": "checkout", "record": $STATE}""")
            val changes = LinkedBlockingQueue<String>()
            val settings: ClientSettings.() -> Unit = {
                interval = Duration.ofMillis(50)
                pace = Duration.ZERO
                transport = stack.transport()
                onChange = mapOf("checkout" to ChangeListener { changes.add(it.new.toString()) })
            }
            FeatureHub.featureSignals(server["url"], server["serverKey"], server["slug"], settings).use { client ->
                client.waitReady(PATIENCE)
                assertEquals("one page", client.string("checkout"))
                val bob = client.setContextAsync(mapOf("key" to "bob", "plan" to "pro")).get(PATIENCE_SECONDS, TimeUnit.SECONDS)
                assertEquals("two pages", bob.string("checkout"))
                assertEquals("STRATEGY_MATCH", bob.detail("checkout").reason)
                assertNull(client.context("key" to "eve").string("checkout"))
                val requests = server.tell("""{"do": "record"}""")
                assertTrue("""{\"flag_keys\":[\"checkout\"],\"context\":{\"key\":\"bob\",\"attributes\":{\"plan\":\"pro\"}}}""" in requests, requests)
                await("the change to two pages") { changes.poll() == "two pages" }
                server.tell("""{"do": "enable", "name": "checkout", "enabled": false}""")
                await("the change to one page") { changes.poll() == "one page" }
                assertEquals("OFF", bob.detail("checkout").reason)
            }
        }
    }

    @Test
    fun `a client with a ruleset evaluates any context`() {
        val client = FeatureHub.featureSignalsRuleset("""{"flags": {"checkout": $FLAG}, "states": {"checkout": $STATE}}""")
        client.use {
            it.waitReady(PATIENCE)
            assertEquals("two pages", it.context("key" to "bob", "plan" to "pro").string("checkout"))
            assertEquals("one page", it.context("key" to "eve").string("checkout"))
        }
    }

    @Test
    fun `errors name the setting and not the API key`() {
        val wrong: Map<String, ClientSettings.() -> Unit> = mapOf(
            "environment" to { environment = null },
            "secret" to { secret = "hush" },
            "stream" to { ruleset = """{"flags": {}}"""; stream = true },
        )
        for ((name, set) in wrong) {
            val error = assertThrows(IllegalArgumentException::class.java) {
                FeatureHub.fromEnvironment {
                    system = FlagSystem.FEATURESIGNALS
                    apiKey = "fs_srv_hush"
                    environment = "production"
                    transport = Stack.JDK.transport()
                    set()
                }.close()
            }
            assertTrue(name in error.message.orEmpty(), error.message)
            assertFalse("hush" in error.message.orEmpty(), error.message)
        }
    }

    private companion object {
        const val FLAG = """{"key": "checkout", "flag_type": "string", "default_value": "one page"}"""

        /** Everyone with the plan `pro` gets two pages. */
        const val STATE =
            """{"enabled": true, "rules": [{"id": "r", "percentage": 10000, "value": "two pages", """ +
                """"conditions": [{"attribute": "plan", "operator": "eq", "values": ["pro"]}]}]}"""
    }
}
