package fh.client.openfeature

import dev.openfeature.sdk.ErrorCode
import dev.openfeature.sdk.EvaluationContext
import dev.openfeature.sdk.FlagEvaluationDetails
import dev.openfeature.sdk.ImmutableContext
import dev.openfeature.sdk.ImmutableStructure
import dev.openfeature.sdk.MutableTrackingEventDetails
import dev.openfeature.sdk.OpenFeatureAPI
import dev.openfeature.sdk.Value
import dev.openfeature.sdk.exceptions.OpenFeatureError
import dev.openfeature.sdk.exceptions.ParseError
import dev.openfeature.sdk.exceptions.ProviderNotReadyError
import dev.openfeature.sdk.exceptions.TypeMismatchError
import fh.client.Decision
import fh.client.FetchMode
import fh.client.Interception
import fh.client.MemoryOverrides
import fh.client.UsageEvent
import fh.client.testing.Fault
import fh.client.testing.MemoryEdge
import java.io.File
import java.math.BigDecimal
import java.time.Instant
import java.util.concurrent.TimeUnit
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Evaluations through OpenFeature's SDK, with an Edge in memory. The rules of the features have their tests in Rust. */
class EvaluationsTest {
    private val edge = MemoryEdge()
    private val overrides = MemoryOverrides()
    private val client by lazy { edge.client { interceptors = listOf(Interception(overrides)) } }
    private val api = OpenFeatureAPI.getInstance()
    private val flags = api.client
    private val contexts = EvaluationContexts("userkey", FieldWarnings())

    @AfterEach
    fun end() {
        api.shutdown()
        client.close()
    }

    private fun start() {
        api.setProviderAndWait(FeatureHubProvider(client, PATIENCE))
    }

    private fun context(vararg fields: Pair<String, Any>): EvaluationContext =
        ImmutableContext(fields.associate { (name, value) -> name to Value.objectToValue(value) })

    private fun read(type: String, key: String, context: EvaluationContext = ImmutableContext()): FlagEvaluationDetails<out Any?> =
        when (type) {
            "boolean" -> flags.getBooleanDetails(key, false, context)
            "string" -> flags.getStringDetails(key, "?", context)
            "integer" -> flags.getIntegerDetails(key, -1, context)
            "long" -> flags.getLongDetails(key, -1, context)
            "double" -> flags.getDoubleDetails(key, -1.0, context)
            else -> flags.getObjectDetails(key, Value("?"), context)
        }

    @Test
    fun `values of all types have the reasons and the variants of OpenFeature`() {
        val document = Value.objectToValue(mapOf("a" to 1))
        // The key of the feature, the type that is read, the default, the value of strategies, and the same values in OpenFeature.
        val types = listOf(
            listOf("B", "boolean", "false", "true", false, true),
            listOf("S", "string", "\"red\"", "\"blue\"", "red", "blue"),
            listOf("N", "integer", "1", "2", 1, 2),
            listOf("N", "long", "1", "2", 1L, 2L),
            listOf("N", "double", "1", "2", 1.0, 2.0),
            listOf("J", "object", "\"[]\"", "\"{\\\"a\\\": 1}\"", Value(emptyList()), document),
        )
        val overriding = mapOf("B" to true, "S" to "blue", "N" to 2, "J" to """{"a": 1}""")
        val kinds = mapOf("B" to "BOOLEAN", "S" to "STRING", "N" to "NUMBER", "J" to "JSON")
        for ((key, type, default, strategic) in types) {
            for ((suffix, strategies) in listOf("" to strategies(strategic.toString()), "_PLAIN" to "[]", "_OVERRIDDEN" to "[]")) {
                edge.put(
                    """{"id": "id-$key", "key": "$key$suffix", "type": "${kinds[key]}", "value": $default, "version": 7,
                        "strategies": $strategies}""",
                )
            }
            overrides.set("${key}_OVERRIDDEN", overriding[key])
            // The client converts the text of an override of a feature that does not exist, as those of environment variables.
            overrides.set("${key}_MISSING", overriding[key].toString())
        }
        start()
        val kiwi = context("country" to "new_zealand")
        for ((key, type, _, _, default, strategic) in types) {
            val cases = listOf(
                Triple("$key", ImmutableContext("fred"), listOf(strategic, "SPLIT", "all")),
                Triple("$key", kiwi, listOf(strategic, "TARGETING_MATCH", "kiwi")),
                Triple("$key", ImmutableContext("mara"), listOf(default, "DEFAULT", "default")),
                Triple("$key", ImmutableContext(), listOf(default, "DEFAULT", "default")),
                Triple("${key}_PLAIN", kiwi, listOf(default, "STATIC", "default")),
                Triple("${key}_OVERRIDDEN", kiwi, listOf(strategic, "OVERRIDE", "default")),
                Triple("${key}_MISSING", kiwi, listOf(strategic, "OVERRIDE", "default")),
            )
            for ((feature, context, expected) in cases) {
                val found = read(type.toString(), feature, context)
                val seen = listOf(found.value, found.reason, found.variant, found.errorCode)
                assertEquals(expected + null, seen, "$feature as $type: $found")
            }
        }
    }

    private operator fun <T> List<T>.component6(): T = this[5]

    /** Returns strategies that match in New Zealand, and for Fred by a rollout of 100 percent. */
    private fun strategies(value: String) =
        """[{"id": "kiwi", "value": $value, "attributes": [${equals("country", "STRING", "\"new_zealand\"")}]},
            {"id": "all", "value": $value, "percentage": 1000000, "percentageAttributes": ["userkey"],
             "attributes": [${equals("userkey", "STRING", "\"fred\"")}]}]"""

    private fun equals(field: String, type: String, value: String) =
        """{"fieldName": "$field", "type": "$type", "conditional": "EQUALS", "values": [$value]}"""

    @Test
    fun `flag metadata has the data of the feature, the strategy and the interceptor`() {
        edge.put("""{"id": "id-1", "key": "A", "type": "BOOLEAN", "value": false, "version": 7, "l": true, "fp": {"team": "cash"},
            "strategies": ${strategies("true")}}""")
        overrides.set("MISSING", "forced")
        start()
        val feature = mapOf(
            "version" to 7L, "locked" to true, "featureId" to "id-1", "environmentId" to "memory", "property.team" to "cash",
        )
        assertEquals(feature, read("boolean", "A").flagMetadata.asUnmodifiableMap())
        val matched = read("boolean", "A", ImmutableContext("fred"))
        assertEquals(feature + ("strategyId" to "all"), matched.flagMetadata.asUnmodifiableMap())
        val overridden = read("string", "MISSING").flagMetadata.asUnmodifiableMap()
        assertEquals(setOf("overriddenBy"), overridden.keys, overridden.toString())
    }

    @Test
    fun `a read without a value of the type gives the default and an error`() {
        edge.set("B", true)
        edge.set("S", "red")
        edge.set("FRACTION", 7.5)
        edge.setJson("J", "{}")
        for (key in listOf("UNSET", "OVERRIDDEN_UNSET")) edge.put("""{"key": "$key", "type": "STRING", "value": null, "version": 1}""")
        edge.put("""{"key": "NEW_TYPE", "type": "COLOUR", "value": "red", "version": 1}""")
        for ((key, text) in listOf("SCALAR" to "5", "BROKEN" to "{", "NAN" to "[NaN]")) {
            edge.put("""{"key": "$key", "type": "JSON", "value": "$text", "version": 1}""")
        }
        overrides.set("OVERRIDDEN_UNSET", null)
        overrides.set("MISSING_TEXT", "no number")
        start()
        val cases = listOf(
            Triple("boolean", "MISSING", ErrorCode.FLAG_NOT_FOUND),
            Triple("string", "UNSET", ErrorCode.FLAG_NOT_FOUND),
            Triple("string", "OVERRIDDEN_UNSET", ErrorCode.FLAG_NOT_FOUND),
            Triple("boolean", "UNSET", ErrorCode.TYPE_MISMATCH),
            Triple("boolean", "S", ErrorCode.TYPE_MISMATCH),
            Triple("string", "B", ErrorCode.TYPE_MISMATCH),
            Triple("string", "J", ErrorCode.TYPE_MISMATCH),
            Triple("string", "NEW_TYPE", ErrorCode.TYPE_MISMATCH),
            Triple("integer", "B", ErrorCode.TYPE_MISMATCH),
            Triple("integer", "FRACTION", ErrorCode.TYPE_MISMATCH),
            Triple("long", "FRACTION", ErrorCode.TYPE_MISMATCH),
            Triple("double", "MISSING_TEXT", ErrorCode.TYPE_MISMATCH),
            Triple("object", "S", ErrorCode.TYPE_MISMATCH),
            Triple("object", "SCALAR", ErrorCode.TYPE_MISMATCH),
            Triple("object", "BROKEN", ErrorCode.PARSE_ERROR),
            Triple("object", "NAN", ErrorCode.PARSE_ERROR),
        )
        for ((type, key, code) in cases) {
            val found = read(type, key)
            val default = read(type, "MISSING").value
            assertEquals(listOf(default, "ERROR", code), listOf(found.value, found.reason, found.errorCode), "$key as $type: $found")
        }
        assertEquals("the type of the feature is BOOLEAN", read("string", "B").errorMessage)
    }

    @Test
    fun `integers are exact, and a double is the nearest one`() {
        edge.set("N", 0)
        start()
        val max = Long.MAX_VALUE
        // The number, and its values as an integer of 32 bits, one of 64 bits, and a double.
        val cases = listOf(
            listOf("10.0", 10, 10L, 10.0),
            listOf("1e1", 10, 10L, 10.0),
            listOf("-0.0", 0, 0L, 0.0),
            listOf("0e-7", 0, 0L, 0.0),
            listOf("2147483648", null, 2147483648L, 2147483648.0),
            listOf("-2147483648.00", Int.MIN_VALUE, Int.MIN_VALUE.toLong(), -2147483648.0),
            listOf("9007199254740993.0", null, 9007199254740993L, 9007199254740992.0),
            listOf("$max", null, max, 9223372036854775807.0),
            listOf("9223372036854775808", null, null, 9223372036854775808.0),
            listOf("0.1", null, null, 0.1),
            listOf("10.00000000000000000001", null, null, 10.0),
            listOf("1e400", null, null, Double.POSITIVE_INFINITY),
            listOf("-1e400", null, null, Double.NEGATIVE_INFINITY),
        )
        for ((number, int, long, double) in cases) {
            overrides.set("N", BigDecimal(number.toString()))
            val reads = listOf(Triple("integer", int, -1), Triple("long", long, -1L), Triple("double", double, -1.0))
            for ((type, expected, default) in reads) {
                val found = read(type, "N")
                val code = if (expected == null) ErrorCode.TYPE_MISMATCH else null
                assertEquals(listOf(expected ?: default, code), listOf(found.value, found.errorCode), "$number as $type: $found")
            }
        }
    }

    @Test
    fun `a JSON document keeps its structure, null and its numbers`() {
        val document = structured("""{"colour": "red", "deep": {"on": true, "none": null}, "list": [1, 2.5, []], "at": 1795824000000}""")
        assertEquals(
            mapOf(
                "colour" to "red", "deep" to mapOf("on" to true, "none" to null),
                "list" to listOf(1, 2.5, emptyList<Any>()), "at" to 1795824000000.0,
            ),
            document.asStructure().asObjectMap(),
        )
        val numbers = structured("[2147483647, 2147483648, 9007199254740993, 1e400, 10.0, 123456789012345678901234567890, -0]").asList()
        assertEquals(
            listOf<Any>(2147483647, 2147483648.0, 9007199254740993, Double.POSITIVE_INFINITY, 10.0, 1.2345678901234568e29, 0),
            numbers.map { it.asObject() },
        )
        for (text in listOf("", " ", "{", "[1,]", "{} {}", "[01]", "{a: 1}", "['a']", "[NaN]", "[".repeat(100_000), "no JSON")) {
            assertThrows(ParseError::class.java, { structured(text) }, text.take(9))
        }
        for (text in listOf("5", "null", "true", "\"text\"")) assertThrows(TypeMismatchError::class.java, { structured(text) }, text)
        val broken = assertThrows(ParseError::class.java) { structured("{\n  \"a\": no\n}") }
        assertTrue("in line 2, column" in broken.message.orEmpty(), broken.message)
    }

    /** The table is that of OFREP and of the providers of all languages. */
    @Test
    fun `contexts of the table become its attributes`() {
        val table = structured(File(System.getProperty("basedir"), "../../../conformance/evaluation-contexts.json").readText()).asStructure().getValue("cases").asList()
        for (case in table.map { it.asStructure() }) {
            val given = ImmutableContext(case.getValue("context").asStructure().asUnmodifiableMap())
            val expected = case.getValue("attributes").asStructure().asUnmodifiableMap().mapValues { (_, texts) -> texts.asList().map { it.asString() } }
            val found = client.context(contexts.attributesOf(given)).attributes
            assertEquals(expected, found, case.getValue("title").asString())
        }
        // JSON has no times.
        val times = context("since" to Instant.EPOCH, "days" to listOf(Instant.EPOCH), "big" to 9007199254740993)
        val texts = mapOf("since" to listOf("1970-01-01T00:00:00.000Z"), "days" to listOf("1970-01-01T00:00:00.000Z"), "big" to listOf("9007199254740993"))
        assertEquals(texts, client.context(contexts.attributesOf(times)).attributes)
        assertEquals(emptyMap<String, Any>(), contexts.attributesOf(null))
    }

    @Test
    fun `a server-evaluated key has the values of one context`() {
        edge.set("A", "red")
        edge.setStrategies("A", """[{"id": "s", "value": "blue", "attributes": [${equals("userkey", "STRING", "\"fred\"")}]}]""")
        val evaluated = edge.client(MemoryEdge.SERVER_KEY)
        api.setProviderAndWait(FeatureHubProvider(evaluated, PATIENCE))
        val (fred, mara) = ImmutableContext("fred") to ImmutableContext("mara")
        assertEquals(ErrorCode.INVALID_CONTEXT, read("string", "A", fred).errorCode)
        assertEquals("red", read("string", "A").value)
        evaluated.setContextAsync(mapOf("userkey" to "fred")).get(60, TimeUnit.SECONDS)
        assertEquals(listOf("blue", "blue"), listOf(read("string", "A", fred).value, read("string", "A").value))
        assertEquals("TARGETING_MATCH" to "s", read("string", "A").let { it.reason to it.variant })
        assertEquals(ErrorCode.INVALID_CONTEXT, read("string", "A", mara).errorCode)
        // A closed client keeps its last values.
        evaluated.close()
        evaluated.closedAsync().get(60, TimeUnit.SECONDS)
        assertEquals("blue" to "blue", read("string", "A", fred).value to read("string", "A").value)
        assertEquals(ErrorCode.INVALID_CONTEXT, read("string", "A", mara).errorCode)
    }

    @Test
    fun `a client without features has no values, and overrides have`() {
        edge.fail(Fault.status(503))
        overrides.set("FORCED", true)
        val offline = edge.client {
            mode = FetchMode.OFFLINE
            interceptors = listOf(Interception(overrides))
        }
        for (provider in listOf(client, offline).map { FeatureHubProvider(it) }) {
            for (context in listOf(ImmutableContext(), ImmutableContext("fred"))) {
                assertEquals(true, provider.getBooleanEvaluation("FORCED", null, context).value)
                val failure = assertThrows(ProviderNotReadyError::class.java) { provider.getBooleanEvaluation("A", null, context) }
                assertEquals("the client has no features yet", failure.message)
            }
        }
        offline.close()
    }

    @Test
    fun `features that arrive during a read do not change it, and those of a context without attributes are read again`() {
        edge.set("A", "red")
        val contexts = listOf(ImmutableContext("fred") to ErrorCode.PROVIDER_NOT_READY, ImmutableContext() to "red")
        for ((context, expected) in contexts) {
            edge.fail(Fault.status(503))
            val late = edge.client()
            var reads = 0
            // The provider reads several times, and each read uses the state of its beginning.
            late.intercept({ _ ->
                if (++reads == 1) {
                    edge.heal()
                    late.refreshAsync().get(60, TimeUnit.SECONDS)
                }
                Decision.CONTINUE
            })
            val provider = FeatureHubProvider(late)
            val found = try {
                provider.getStringEvaluation("A", null, context).value
            } catch (failure: OpenFeatureError) {
                failure.errorCode
            }
            assertEquals(expected, found)
            late.close()
        }
    }

    @Test
    fun `a field that cannot be used is left out with one log record, and neither evaluations nor tracking throw`() {
        edge.set("A", "red")
        edge.setStrategies("A", """[{"id": "s", "value": "blue", "attributes": [${equals("userkey", "STRING", "\"fred\"")}]}]""")
        val seen = ArrayList<UsageEvent>()
        client.observe({ seen.addAll(it) })
        start()
        val logged = ArrayList<String>()
        val handler = object : Handler() {
            override fun publish(record: LogRecord) {
                logged.add(record.message)
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
        val logger = Logger.getLogger("fh.client.openfeature")
        logger.addHandler(handler)
        val nested = (1..10).fold(Value(1)) { inner, _ -> Value(ImmutableStructure(mapOf("s" to inner))) }
        val odd = mapOf(
            "long" to Value("x".repeat(65_537)), "nan" to Value(Double.NaN), "none" to Value(), "empty" to Value(emptyList<Value>()),
            "list" to Value(listOf(Value(listOf(Value(1))), Value(Double.POSITIVE_INFINITY))), "deep" to nested,
            "device" to Value(ImmutableStructure(mapOf("os" to Value("ios"), "n" to Value(Double.NaN)))),
        )
        val context = ImmutableContext("fred", odd)
        repeat(2) { assertEquals("blue" to null, read("string", "A", context).let { it.value to it.errorCode }) }
        repeat(2) { flags.track("sold", context, MutableTrackingEventDetails(Double.NaN).add("rate", listOf(Value(Double.NaN))).add("currency", "NZD")) }
        assertTrue(client.flush(PATIENCE))
        logger.removeHandler(handler)
        val sold = synchronized(seen) { seen.filter { it.kind == "named" } }
        assertEquals(List(2) { mapOf("currency" to "NZD") }, sold.map { it.params })
        assertEquals(listOf("ios"), sold.first().attributes?.get("device.os"))
        val names = logged.map { it.substringAfter('"').substringBefore('"') }
        assertEquals(listOf("deep.s.s.s.s.s.s.s.s", "device.n", "list", "long", "nan", "rate", "value"), names.sorted(), logged.toString())
    }

    @Test
    fun `tracking reports an event with all values to observers`() {
        edge.set("A", "red")
        val seen = ArrayList<UsageEvent>()
        client.observe({ seen.addAll(it) })
        start()
        val day = Instant.parse("2026-11-28T00:00:00Z")
        val details = MutableTrackingEventDetails(9.5).add("currency", "NZD").add("at", day).add("items", listOf(Value(1L), Value()))
        flags.track("sold", ImmutableContext("fred"), details)
        flags.track("seen")
        assertTrue(client.flush(PATIENCE))
        val (sold, plain) = synchronized(seen) { seen.filter { it.kind == "named" } }
        assertEquals(
            mapOf(
                "value" to BigDecimal("9.5"), "currency" to "NZD", "at" to "2026-11-28T00:00:00.000Z", "items" to listOf(BigDecimal(1), null),
            ),
            sold.params,
        )
        assertEquals(listOf("sold", "fred", "A = red"), listOf(sold.name, sold.userKey, sold.features.single().toString()))
        assertEquals(listOf("seen", null, "A = red"), listOf(plain.name, plain.userKey, plain.features.single().toString()))
    }
}
