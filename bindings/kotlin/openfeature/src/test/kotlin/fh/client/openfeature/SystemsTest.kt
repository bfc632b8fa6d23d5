package fh.client.openfeature

import dev.openfeature.sdk.ErrorCode
import dev.openfeature.sdk.EvaluationContext
import dev.openfeature.sdk.ImmutableContext
import dev.openfeature.sdk.OpenFeatureAPI
import dev.openfeature.sdk.Value
import dev.openfeature.sdk.multiprovider.MultiProvider
import fh.client.Client
import fh.client.FeatureHub
import fh.client.FetchMode
import fh.client.FlagSystem
import fh.client.testing.MemoryEdge
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** Evaluations with clients of other systems that evaluate flags which they have from the start. */
class SystemsTest {
    private val api = OpenFeatureAPI.getInstance()

    @AfterEach
    fun end() {
        api.shutdown()
    }

    /** Checks the values of the flag `COLOUR` for contexts. */
    private fun check(client: Client, vararg cases: Pair<EvaluationContext, List<Any?>>) {
        client.use {
            api.setProviderAndWait(FeatureHubProvider(it, PATIENCE))
            for ((context, expected) in cases) {
                val found = api.client.getStringDetails("COLOUR", "default", context)
                assertEquals(expected, listOf(found.value, found.reason, found.errorCode), "${context.asMap()}: $found")
            }
        }
    }

    private val tags = mapOf("tags" to Value(listOf(Value("a"), Value("b"))))

    private fun featBit(vararg rules: String) =
        FeatureHub.fromEnvironment {
            system = FlagSystem.FEATBIT
            mode = FetchMode.OFFLINE
            bootstrap = flagOfFeatBit(*rules)
        }

    @Test
    fun `a client of FeatBit gets the targeting key and the text of a list`() {
        check(
            featBit(rule("keyId", "Equal", "bob"), rule("tags", "Equal", """[\"a\",\"b\"]""")),
            ImmutableContext("bob") to listOf("red", "TARGETING_MATCH", null),
            ImmutableContext("eve", mapOf("keyId" to Value("bob"))) to listOf("red", "TARGETING_MATCH", null),
            ImmutableContext("eve", tags) to listOf("red", "TARGETING_MATCH", null),
            ImmutableContext("eve") to listOf("blue", "DEFAULT", null),
        )
    }

    @Test
    fun `a client of FeatBit has errors for a malformed flag and for a context without a key`() {
        check(
            featBit(rule("plan", "MatchRegex", """(back)\\1""")),
            ImmutableContext("bob") to listOf("default", "ERROR", ErrorCode.GENERAL),
            ImmutableContext() to listOf("default", "ERROR", ErrorCode.TARGETING_KEY_MISSING),
        )
    }

    /** A move from one system to the other: a flag that the new system does not have yet is that of the old one. */
    @Test
    fun `two systems answer in a MultiProvider, each with its name`() {
        val edge = MemoryEdge()
        edge.set("COLOUR", "old")
        edge.set("SIZE", "large")
        featBit(rule("keyId", "Equal", "bob")).use { new ->
            edge.client().use { old ->
                val both = MultiProvider(listOf(FeatureHubProvider(new, PATIENCE), FeatureHubProvider(old, PATIENCE)))
                api.setProviderAndWait(both)
                val bob = ImmutableContext("bob")
                val found = listOf("COLOUR", "SIZE", "NONE").map { api.client.getStringValue(it, "default", bob) }
                assertEquals(listOf("red", "large", "default"), found)
                val names = listOf(FeatureHubProvider(new), FeatureHubProvider(old), FeatureHubProvider(old, PATIENCE, "old")).map { it.metadata.name }
                assertEquals(listOf("featbit", "featurehub", "old"), names)
                FeatureHub.featureSignalsRuleset("""{"flags": {}, "states": {}}""").use { assertEquals("featuresignals", FeatureHubProvider(it).metadata.name) }
            }
        }
    }

    private fun rule(property: String, op: String, value: String) =
        """{"id": "$property", "name": "$property", "conditions": [{"property": "$property", "op": "$op", "value": "$value"}],
            "includedInExpt": true, "variations": [{"id": "red", "rollout": [0, 1], "exptRollout": 1}]}"""

    /** Returns a message of FeatBit with a flag that is `red` for users of these rules, and else `blue`. */
    private fun flagOfFeatBit(vararg rules: String) =
        """{"messageType": "data-sync", "data": {"eventType": "full", "segments": [], "featureFlags": [
            {"id": "1", "key": "COLOUR", "name": "COLOUR", "variationType": "string", "isEnabled": true, "disabledVariationId": "blue",
             "variations": [{"id": "red", "value": "red"}, {"id": "blue", "value": "blue"}], "rules": [${rules.joinToString()}],
             "targetUsers": [], "exptIncludeAllTargets": true, "isArchived": false, "updatedAt": "2026-01-01T00:00:00.000Z",
             "fallthrough": {"includedInExpt": true, "variations": [{"id": "blue", "rollout": [0, 1], "exptRollout": 1}]}}]}}"""
}
