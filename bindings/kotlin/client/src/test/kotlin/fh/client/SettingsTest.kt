package fh.client

import fh.client.http.HttpFailure
import fh.client.http.HttpTransport
import fh.client.internal.Json
import java.io.File
import java.time.Duration
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The settings and the enumerations of the package are those of the list for all languages (bindings/shared/lists.json). */
class SettingsTest {
    private val project = File(System.getProperty("basedir"), "../../..")
    private val lists = Json.members(File(project, "bindings/shared/lists.json").readText())
    private val settings = lists.objects("settings").filter { "Kotlin" !in (it["lacking"] as Map<*, *>? ?: emptyMap<String, String>()) }
    private val source = File(project, "bindings/kotlin/client/src/main/kotlin/fh/client/ClientSettings.kt").readText()

    /** The types of the forms. */
    private val types = mapOf(
        "flag" to "Boolean", "seconds" to "Duration", "range of seconds" to "Pair<Duration, Duration>", "count" to "Int", "text" to "String", "texts" to "List<String>",
        "path" to "String", "headers" to "Map<String, String>", "context" to "Map<String, Any?>", "json" to "String",
        "backoff" to "Backoff", "limits" to "Limits",
    )

    /** The properties of a class, each with its comment and its type. */
    private fun properties(name: String): Map<String, Pair<String, String>> {
        val body = source.substringAfter("public class $name").substringBefore("\npublic ").substringBefore("\n/**")
        return Regex("""/\*\* (.*?) \*/\s+public va[lr] (\w+): (.*?)\? = null""").findAll(body)
            .associate { it.groupValues[2] to (it.groupValues[1] to it.groupValues[3]) }
    }

    @Suppress("UNCHECKED_CAST")
    private fun Map<String, Any?>.objects(name: String) = this[name] as List<Map<String, Any?>>

    private fun camelCase(name: Any?) = name.toString().replace(Regex("_(.)")) { it.groupValues[1].uppercase() }

    @Test
    fun `the client has the settings of the list, with their types and defaults`() {
        val own = properties("ClientSettings internal constructor")
        assertEquals(settings.map { camelCase(it["name"]) }.sorted(), own.keys.sorted())
        for (setting in settings) {
            val name = camelCase(setting["name"])
            val (about, type) = own.getValue(name)
            types[setting["form"]]?.let { assertEquals(it, type, name) }
            @Suppress("UNCHECKED_CAST")
            (setting["choices"] as List<String>?)?.let { words ->
                val constants = Class.forName("fh.client.$type").enumConstants.map { it.toString().lowercase() }
                assertEquals(words, constants, name)
            }
            val default = setting["default"]
            if (default != null && "members" !in setting) {
                val shown = (if (default is List<*>) default.joinToString(" and ") else default.toString()).let { if ("choices" in setting) "`${it.uppercase()}`" else it }
                assertTrue(Regex("\\b?$shown( seconds?)? by default").containsMatchIn(about), "$name: $about")
            }
        }
    }

    @Test
    fun `the document has the settings of the list, each duration in seconds under its own name`() {
        val data = settings.filter { it["form"] != "code" }.map { camelCase(it["name"]) }
        assertEquals(data.sorted(), ClientSettings().document().keys.sorted())
        for (name in settings.filter { it["form"] == "seconds" }.map { camelCase(it["name"]) }) {
            val own = ClientSettings()
            val setter = ClientSettings::class.java.getMethod("set${name.replaceFirstChar(Char::uppercase)}", Duration::class.java)
            setter.invoke(own, Duration.ofSeconds(7))
            assertEquals(7.0, own.document()[name], name)
        }
    }

    @Test
    fun `members of settings are those of the list`() {
        for ((setting, kind) in listOf("backoff" to "Backoff", "limits" to "Limits")) {
            val members = settings.first { it["name"] == setting }.objects("members")
            val own = properties(kind)
            assertEquals(members.map { camelCase(it["name"]) }, own.keys.toList())
            for (member in members) {
                val (about, type) = own.getValue(camelCase(member["name"]))
                assertEquals(mapOf("seconds" to "Duration", "bytes" to "Long")[member["unit"]] ?: "Double", type)
                assertTrue("${member["default"]} second" in about || "${member["default"]} by default" in about, about)
            }
        }
    }

    @Test
    fun `readiness has the names of the list`() {
        @Suppress("UNCHECKED_CAST")
        val names = (lists["enumerations"] as Map<String, List<Map<String, Any?>>>).getValue("Readiness").map { it["name"] }
        assertEquals(names, Readiness.values().map { it.name })
    }

    /** Each setting reaches the client: a document with all of them is accepted, and a wrong value is an error that names the setting. */
    @Test
    fun `settings cross the border`() {
        val all: ClientSettings.() -> Unit = {
            mode = FetchMode.PASSIVE
            interval = Duration.ofSeconds(30)
            context = mapOf("userkey" to "mara")
            headers = mapOf("x-team" to "shop")
            identification = "Shop,1.0"
            profile = Profile.EDGE
            contextPlacement = ContextPlacement.QUERY
            whileSwitching = WhileSwitching.KEEP
            backoff = Backoff(Duration.ofMillis(500), Duration.ofSeconds(60), 0.1)
            backoffWhenRefused = Backoff(cap = Duration.ofSeconds(900))
            returnWithin = Duration.ofMillis(100) to Duration.ofSeconds(2)
            pace = Duration.ofMillis(500)
            limits = Limits().apply { bytes = 1024; idle = Duration.ofSeconds(60) }
            eventQueue = 100
            catchUpdates = true
            listeners = false
            transport = ScriptedHttp()
        }
        FeatureHub.client("https://edge.example", KEY, settings = all).close()
        val wrong: Map<String, ClientSettings.() -> Unit> = mapOf(
            "interval: the mode does not poll: set mode to FetchMode.POLLING or FetchMode.PASSIVE" to { mode = FetchMode.ONCE },
            "profile: only a client of FeatBit has this value: write Profile.CLIENT or Profile.EDGE" to { profile = Profile.SERVER },
            "secret: only a client of FeatBit has this setting: set system to FlagSystem.FEATBIT" to { secret = "s" },
            "interval: the duration is negative: write a Duration from 0, such as Duration.ofSeconds(30)" to { interval = Duration.ofSeconds(-1) },
            "limits.idle: the duration is negative: write a Duration from 0" to { limits = Limits().apply { idle = Duration.ofSeconds(-1) } },
            "backoff" to { backoff = Backoff(Duration.ofSeconds(2), Duration.ofSeconds(1)) },
            "the setting returnWithin can never work: write the shorter delay first" to { returnWithin = Duration.ofSeconds(2) to Duration.ofSeconds(1) },
            "limits.bytes" to { limits = Limits().apply { bytes = 0 } },
            "jitter" to { backoff = Backoff(jitter = Double.NaN) },
            "pace" to { pace = Duration.ofSeconds(-1) },
            "snapshotMaxAge" to { snapshotMaxAge = Duration.ofSeconds(1) },
            "identification" to { identification = "a\nb" },
        )
        for ((name, set) in wrong) {
            val error = runCatching { FeatureHub.client("https://edge.example", KEY) { all(); set() } }.exceptionOrNull()
            assertTrue(error is IllegalArgumentException && name in error.message.orEmpty(), "$name: $error")
        }
        val without = assertThrows(IllegalArgumentException::class.java) { FeatureHub.client("https://edge.example", KEY) }
        assertTrue("add fh-client-jdk or fh-client-okhttp" in without.message.orEmpty(), without.message)
    }

    @Test
    fun `a transport that cannot work ends the wait`() {
        val transports = listOf(
            HttpTransport { _, _ -> throw NoSuchFieldError("Companion") },
            HttpTransport { _, exchange -> exchange.fail(HttpFailure.BROKEN, NoSuchFieldError("Companion")) },
        )
        for (unusable in transports) {
            FeatureHub.client("https://edge.example", KEY) { transport = unusable }.use { client ->
                val why = assertThrows(NotReadyException::class.java) { client.waitReady(Duration.ofSeconds(60)) }
                assertEquals("transport", why.problem)
                assertTrue("NoSuchFieldError: Companion" in why.message.orEmpty() && "dependencyManagement" in why.message.orEmpty(), why.message)
            }
        }
    }
}
