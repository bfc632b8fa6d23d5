package fh.client

import fh.client.internal.Json
import fh.client.internal.SingleText
import java.io.File
import java.math.BigDecimal
import java.math.BigInteger
import java.net.URI
import java.time.Duration
import java.time.LocalDate
import java.time.LocalTime
import java.time.OffsetDateTime
import java.time.ZoneId
import java.util.Date
import java.util.GregorianCalendar
import java.util.Optional
import java.util.UUID
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The texts that values have as attributes. The table is that of the clients in all languages. */
class AttributeTextsTest {
    private val table = Json.members(File(System.getProperty("basedir"), "../../../conformance/attribute-texts.json").readText())

    /** The attributes that the native library has got. */
    private var got: Map<String, List<String>>? = null

    private fun ClientSettings.observed() {
        interceptors = listOf(Interception({ read ->
            got = read.attributes
            Decision.CONTINUE
        }))
    }

    private val clients = mapOf(
        "featurehub" to FeatureHub.fromEnvironment {
            mode = FetchMode.OFFLINE
            observed()
        },
        "featbit" to FeatureHub.fromEnvironment {
            system = FlagSystem.FEATBIT
            mode = FetchMode.OFFLINE
            bootstrap = """{"messageType": "data-sync", "data": {"eventType": "full", "featureFlags": [], "segments": []}}"""
            observed()
        },
        "featuresignals" to FeatureHub.fromEnvironment {
            system = FlagSystem.FEATURESIGNALS
            ruleset = """{"flags": {}, "states": {}}"""
            observed()
        },
    )

    @Test
    fun `values of Kotlin have the texts of the table`(): Unit = check("Kotlin", ::values)

    @Test
    fun `values of Java have the texts of the table`(): Unit = check("Java", AttributeValues::of)

    private fun check(language: String, values: (String, String) -> List<Any?>) {
        val kinds = table["kinds"] as Map<*, *>
        val cases = (table["cases"] as List<*>).map { it as Map<*, *> }.filter { language in kinds[it["kind"]] as List<*> }
        assertTrue(cases.size > 50, "$cases")
        for (case in cases) {
            val sent = (case["but"] as Map<*, *>?).orEmpty().let { if (language in it) it[language] else case["sent"] }
            val list = (case["given"] as? List<*>)?.map { values(case["of"].toString(), it.toString()).first() }
            val made = list?.let { listOf(it) } ?: values(case["kind"].toString(), case["given"].toString())
            for (value in made) check(case, value, sent)
        }
    }

    private fun check(case: Map<*, *>, value: Any?, sent: Any?) {
        val message = "${value?.javaClass}: $case"
        if (sent == false) {
            val why = assertThrows(IllegalArgumentException::class.java, { clients.getValue("featurehub").context("at" to value) }, message)
            assertTrue("\"at\"" in why.message.orEmpty(), why.message)
            return
        }
        for ((system, client) in clients) {
            val text = if (sent is List<*>) case[system] else sent
            val expected = if (system == "featurehub" || text == null) (sent as? List<*> ?: listOfNotNull(sent)) else listOf(text)
            // Packed, and in a request.
            for (read in listOf<Context.() -> Unit>({ string("F") }, { peek("F") })) {
                client.context("at" to value).read()
                assertEquals(expected, got?.get("at").orEmpty(), "$system, $message")
            }
        }
    }

    /** Returns the values of a row, of each class that Kotlin has for them. */
    private fun values(kind: String, given: String): List<Any?> =
        when (kind) {
            "text" -> listOf(given, StringBuilder(given), SingleText(given))
            "boolean" -> listOf(given.toBoolean())
            "integer" -> listOf(given.toLong(), given.toBigInteger()) + listOfNotNull(given.toIntOrNull(), given.toShortOrNull(), given.toUIntOrNull())
            "integer of 64 bits" -> listOf(given.toLong())
            "unsigned integer of 64 bits" -> listOf(given.toULong())
            "integer of any size" -> listOf(BigInteger(given), BigDecimal(given))
            "double" -> listOf(given.toDouble())
            "float" -> listOf(given.toFloat())
            "decimal" -> listOf(BigDecimal(given))
            "time" -> OffsetDateTime.parse(given).let { time ->
                val zoned = time.atZoneSameInstant(ZoneId.of("Asia/Tokyo"))
                listOf(time, time.toInstant(), zoned, Date.from(time.toInstant()), GregorianCalendar.from(zoned), kotlin.time.Instant(time.toInstant()))
            }
            "time without a zone" -> listOf(OffsetDateTime.parse(given).toLocalDateTime())
            "time of day" -> listOf(LocalTime.parse(given), java.sql.Time(0))
            "duration" -> listOf(Duration.ofSeconds(given.toLong()))
            "date" -> listOf(LocalDate.parse(given))
            "UUID" -> listOf(UUID.fromString(given))
            "URL" -> listOf(URI(given), URI(given).toURL())
            "member of an enumeration" -> listOf(AttributeValues.Plan.valueOf(given.uppercase()))
            "nothing" -> listOf(null, Optional.empty<Any>())
            "optional text" -> listOf(Optional.of(given), Optional.of(Optional.of(given)))
            "mixed list" -> listOf(listOf("a", 1, true, 2.5), arrayOf("a", Optional.of(1), true, 2.5f))
            "list of nothing" -> listOf(listOf(null), listOf(Optional.empty<Any>()))
            "list in a list" -> listOf(listOf(listOf(given)), listOf(arrayOf(given)))
            "set" -> listOf(given.split(",").toSet())
            "map" -> listOf(mapOf("a" to 1), arrayOf(mapOf("a" to 1)))
            "sequence" -> listOf(sequenceOf(given), 1..3)
            "pair" -> listOf(given to given)
            "object" -> listOf(Any())
            else -> throw AssertionError("there is no value for $kind")
        }
}
