package fh.client

import fh.client.internal.await
import fh.client.testing.Fault
import fh.client.testing.MemoryEdge
import java.lang.reflect.Modifier
import java.math.BigDecimal
import java.time.Duration
import java.time.Instant
import java.util.concurrent.CompletableFuture
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.function.Consumer
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The functions of the client beyond reads, with an Edge in memory. The rules behind them have their tests in Rust. */
class FaceTest {
    private val edge = MemoryEdge()

    private fun ready(settings: ClientSettings.() -> Unit = {}): Client =
        edge.client(settings = settings).also { it.waitReady(PATIENCE) }

    private fun delivered() {
        edge.deliveredAsync().get(60, TimeUnit.SECONDS)
    }

    private fun <T> LinkedBlockingQueue<T>.next(): T = poll(60, TimeUnit.SECONDS) ?: throw AssertionError("no event came")

    @Test
    fun `listeners of all kinds get their events, from the settings and from the client`() {
        edge.set("COLOUR", "red")
        val early = LinkedBlockingQueue<String>()
        val client = ready {
            onReadiness = ReadinessListener { early.add("readiness $it") }
            onStatus = StatusListener { early.add("status ${it.connection}") }
            onNotice = NoticeListener { early.add("notice ${it.kind}") }
            onRaw = RawListener { early.add("raw ${it.kind} ${"COLOUR" in it.json}") }
            onNewState = NewStateListener { early.add("new state ${it.keys} ${it.isHeld}") }
            onChange = mapOf("COLOUR" to ChangeListener { early.add("change ${it.old} ${it.new}") })
        }
        val late = LinkedBlockingQueue<String>()
        client.onReadiness { late.add("readiness $it") }
        client.onStatus { late.add("status ${it.connection}") }
        client.onNotice { late.add("notice ${it.kind}") }
        client.onRaw { late.add("raw ${it.kind} ${"COLOUR" in it.json}") }
        client.onNewState { late.add("new state ${it.keys} ${it.isHeld}") }
        client.onChange("COLOUR") { late.add("change ${it.old} ${it.new}") }
        edge.set("COLOUR", "blue")
        edge.setMember("COLOUR", "version", "99")
        client.offerFeatures("store", client.environments.first(), "no list")
        delivered()
        assertTrue(client.flush(PATIENCE))
        val expected = setOf("readiness READY", "status streaming", "new state [COLOUR] false", "raw feature true")
        for ((name, events) in listOf("early" to early, "late" to late)) {
            assertTrue(events.containsAll(expected), "$name: $events")
            assertEquals("blue", events.last { it.startsWith("change") }.substringAfterLast(' '), "$name: $events")
        }
        // The store's list is ignored on the client's own thread.
        while ("notice store_ignored" !in late || "notice store_ignored" !in early) late.add(late.next())
        assertTrue("raw list true" in early, early.toString())
        client.close()
    }

    @Test
    fun `a release without keys releases nothing`() {
        for (key in listOf("A", "B")) edge.set(key, 1)
        val client = ready { catchUpdates = true }
        for (key in listOf("A", "B")) edge.set(key, 2)
        delivered()
        assertTrue(client.isCatching && client.isHolding && client.statusNow().isHolding)
        client.release(*emptyArray())
        client.release(emptySet())
        assertEquals(listOf("A", "B"), client.heldKeys.sorted())
        client.release("A")
        assertEquals(listOf("2", "1"), listOf("A", "B").map { client.decimal(it).toString() })
        client.close()
    }

    @Test
    fun `interceptors decide within the read, and are closed after their registration`() {
        edge.set("COLOUR", "red")
        val client = ready()
        val reads = ArrayList<String>()
        val closed = CompletableFuture<String>()
        val own = object : Interceptor, AutoCloseable {
            override fun intercept(read: InterceptedRead): Decision {
                reads.add("${read.key} ${read.kind} ${read.exists} ${read.isLocked} ${read.attributes} on ${Thread.currentThread().name}")
                return when (read.key) {
                    "NULL" -> Decision.override(null)
                    "NUMBER" -> Decision.override(BigDecimal("1.50"))
                    "MISSING" -> Decision.override("🦆 a\u0000b")
                    else -> Decision.CONTINUE
                }
            }

            override fun close() {
                closed.complete(Thread.currentThread().name)
            }
        }
        val registration = client.intercept(own, LockPolicy.RESPECT)
        val thread = Thread.currentThread().name
        assertEquals("red", client.context("userkey" to "mara").string("COLOUR"))
        assertEquals("COLOUR STRING true false {userkey=[mara]} on $thread", reads.last())
        assertEquals("🦆 a\u0000b", client.string("MISSING"))
        assertEquals("MISSING null false false null on $thread", reads.last())
        assertNull(client.string("NULL"))
        assertEquals("1.50", client.decimal("NUMBER").toString())
        registration.close()
        assertEquals("fh-listeners", closed.get(60, TimeUnit.SECONDS))
        assertNull(client.string("MISSING"))
        client.close()
    }

    @Test
    fun `overrides in memory are seen at once and notify listeners`() {
        edge.set("COLOUR", "red")
        val overrides = MemoryOverrides()
        val client = ready { interceptors = listOf(Interception(overrides), Interception(EnvironmentOverrides())) }
        val changes = LinkedBlockingQueue<Change>()
        client.onChange("COLOUR") { changes.add(it) }
        overrides.set("COLOUR", "blue")
        assertEquals("blue", client.string("COLOUR"))
        assertEquals("blue", changes.next().new)
        overrides.set("COLOUR", "green", IfLocked.OVERRIDE)
        assertEquals(mapOf("COLOUR" to ("green" to IfLocked.OVERRIDE)), overrides.entries().mapValues { it.value.value to it.value.ifLocked })
        overrides.delete("COLOUR")
        overrides.set("X", true)
        overrides.clear()
        assertTrue(overrides.entries().isEmpty())
        assertThrows(IllegalArgumentException::class.java) { overrides.set("X", Any()) }
        assertThrows(IllegalArgumentException::class.java) { overrides.set("X", Double.NaN) }
        assertFalse(EnvironmentOverrides().isOn)
        val file = kotlin.io.path.createTempFile("overrides", ".yaml").toFile()
        file.writeText("flagValues:\n  COLOUR: white\n")
        client.intercept(Interception(YamlOverrides(file.path), LockPolicy.OVERRIDE)).use {
            assertEquals("white", client.string("COLOUR"))
        }
        file.writeText("flagValues: [")
        assertTrue(YamlOverrides(file.path).problem != null)
        file.delete()
        client.close()
    }

    @Test
    fun `observers get the uses of features`() {
        edge.set("COLOUR", "red")
        edge.set("PRICE", BigDecimal("1.5"))
        edge.set("SOLD_OUT", true)
        val early = LinkedBlockingQueue<UsageEvent>()
        val client = ready { observers = listOf(Observation({ early.addAll(it) }, UsageOptions(oneOf = 1))) }
        val late = LinkedBlockingQueue<UsageEvent>()
        client.observe({ late.addAll(it) }, UsageOptions(deduplicate = Duration.ofHours(1)))
        val mara = client.context("userkey" to "mara")
        repeat(3) { mara.string("COLOUR") }
        mara.record("sold", mapOf("price" to 2.5, "items" to listOf("a", null, true)))
        assertTrue(client.flush(PATIENCE))
        // The client's own thread reports the collection.
        assertEquals(listOf("feature", "feature", "feature", "feature-collection", "sold"), early.map { it.name }.sorted())
        val (read, sold) = late.filter { it.kind != "collection" }.also { assertEquals(listOf("feature", "sold"), it.map { it.name }) }
        assertEquals(listOf("evaluated", "COLOUR", "red", "STATIC", "mara", mapOf("userkey" to listOf("mara"))),
            listOf(read.kind, read.features.single().key, read.features.single().value, read.reason, read.userKey, read.attributes))
        assertEquals(mapOf("price" to BigDecimal("2.5"), "items" to listOf("a", null, true)), sold.params)
        assertEquals(BigDecimal("1.5"), sold.features.first { it.key == "PRICE" }.value)
        assertEquals(mapOf("COLOUR" to "red", "PRICE" to "1.5", "SOLD_OUT" to "on"), sold.features.associate { it.key to it.text })
        assertTrue(Duration.between(read.at, Instant.now()).abs() < Duration.ofMinutes(5) && "mara" !in read.toString())
        client.close()
    }

    @Test
    fun `refused test updates say why`() = runBlocking<Unit> {
        edge.set("COLOUR", "red")
        val client = ready()
        val updates = client.testUpdates()
        assertEquals(Outcome.ACCEPTED, updates.setAndWait("COLOUR", Update.of().value("blue").lock()))
        assertTrue(client.peek("COLOUR").let { it.value == "blue" && it.isLocked && it.version > 1 && it.exists })
        val locked = assertThrows(RefusedException::class.java) { runBlocking { updates.set("COLOUR", Update.of().value("red")) } }
        assertEquals("locked" to 412, locked.reason to locked.status)
        assertThrows(IllegalArgumentException::class.java) { updates.setAsync("COLOUR", Update.of()) }
        assertThrows(IllegalArgumentException::class.java) { client.testUpdates("no key").setAsync("COLOUR", Update.of().lock()) }
        client.close()
    }

    @Test
    fun `operations that end later end, fail, and can be given up`() = runBlocking<Unit> {
        edge.setStrategies(
            "COLOUR",
            """[{"id": "s", "value": "blue", "attributes": [{"fieldName": "userkey", "type": "STRING", "conditional": "EQUALS", "values": ["mara"]}]}]""",
        )
        edge.setMember("COLOUR", "type", "\"STRING\"")
        edge.setMember("COLOUR", "value", "\"red\"")
        val client = edge.client(MemoryEdge.SERVER_KEY) { mode = FetchMode.POLLING; interval = Duration.ofHours(1); pace = Duration.ZERO }
        client.ready()
        assertEquals("red", client.string("COLOUR"))
        val mara = client.setContext(mapOf("userkey" to "mara"))
        assertEquals("blue" to "blue", mara.string("COLOUR") to client.string("COLOUR"))
        val isolated = client.isolated(mapOf("userkey" to "tom"))
        isolated.ready()
        assertEquals("red" to "blue", isolated.string("COLOUR") to client.string("COLOUR"))
        isolated.close()
        isolated.closedAsync().await()
        assertThrows(ClosedException::class.java) { isolated.isolated(emptyMap()) }
        assertEquals(Readiness.READY, client.setHeaders(mapOf("x-team" to "shop")))
        assertEquals(Readiness.READY, client.setApiKeys(MemoryEdge.SERVER_KEY))
        assertTrue(edge.requests.last().headers.contains("x-team" to "shop"))
        edge.failNext(Fault.status(400, mapOf("x" to "y")))
        assertEquals("bad_request", assertThrows(EdgeException::class.java) { runBlocking { client.refresh() } }.problem)
        assertThrows(IllegalArgumentException::class.java) { runBlocking { client.setApiKeys("no key") } }
        edge.fail(Fault.SILENCE)
        val given = client.refreshAsync()
        given.cancel(true)
        edge.heal()
        client.close()
        client.closedAsync().await()
        assertThrows(ClosedException::class.java) { runBlocking { client.refresh() } }
    }

    @Test
    fun `flows have the present state and its changes`() = runBlocking<Unit> {
        edge.set("COLOUR", "red")
        val client = ready()
        val scope = CoroutineScope(Dispatchers.Default)
        val state = client.state("COLOUR")
        val scoped = client.context("userkey" to "mara").state("COLOUR", scope)
        assertEquals("red" to "red", state.value.value to scoped.value.value)
        edge.set("COLOUR", "blue")
        assertEquals("blue", state.first { it.value == "blue" }.value)
        assertEquals("blue", scoped.first { it.value == "blue" }.value)
        assertTrue(state === client.state("COLOUR"))
        assertEquals("streaming", client.status.value.connection)
        client.suspend()
        client.status.first { it.connection == "suspended" }
        client.resume()
        client.status.first { it.connection == "streaming" }
        scope.cancel(CancellationException("the test ends"))
        client.close()
        assertEquals(Readiness.CLOSED, client.status.first { it.readiness == Readiness.CLOSED }.readiness)
    }

    @Test
    fun `flows end with the client, after its last events`() = runBlocking<Unit> {
        edge.set("COLOUR", "red")
        val client = ready()
        val seen = LinkedBlockingQueue<Any?>()
        withTimeout(PATIENCE.toMillis()) {
            coroutineScope {
                val mara = client.context("userkey" to "mara")
                val state = mara.state("COLOUR", this)
                launch(Dispatchers.Default) { mara.changes("COLOUR").collect { seen.add(it.new) } }
                // The flow gets the changes from its collection on, so there are changes until it has got one.
                var version = 0
                while (seen.isEmpty()) {
                    edge.set("COLOUR", "blue ${version++}")
                    edge.delivered()
                }
                edge.set("COLOUR", "white")
                edge.delivered()
                state.first { it.value == "white" }
                client.close()
            }
            assertEquals("white", seen.last())
            assertTrue(client.changes("COLOUR").toList().isEmpty())
        }
    }

    @Test
    fun `compiled features are evaluated without a client`() {
        val payload = """[{"key": "PRICE", "type": "NUMBER", "value": 9007199254740993, "version": 7, "l": true, "fp": {"team": "shop"}, "strategies":
            [{"id": "s", "value": 2, "attributes": [{"fieldName": "now", "type": "DATE", "conditional": "GREATER", "values": ["2026-01-01"]}]}]}]"""
        val rules = Ruleset.fromJson(payload, Profile.EDGE)
        assertEquals(listOf("PRICE"), rules.keys)
        val before = rules.evaluate("PRICE", now = Instant.parse("2025-06-01T00:00:00Z"))
        assertEquals(listOf(BigDecimal("9007199254740993"), "NUMBER", 7L, true, mapOf("team" to "shop")),
            listOf(before.value, before.kind, before.version, before.isLocked, before.properties))
        val after = rules.evaluate("PRICE", mapOf("userkey" to "mara"), now = Instant.parse("2026-06-01T00:00:00Z"))
        assertEquals(listOf(BigDecimal("2"), "s", 0, "STRATEGY_MATCH"), listOf(after.value, after.strategyId, after.strategyPosition, after.reason))
        assertEquals("TYPE_MISMATCH", rules.evaluate("PRICE", kind = "STRING").reason)
        assertTrue("PRICE" in rules.explain("PRICE", mapOf("userkey" to "mara")))
        assertThrows(IllegalArgumentException::class.java) { rules.evaluate("MISSING") }
        assertThrows(IllegalArgumentException::class.java) { Ruleset.fromJson("{") }
        assertTrue(Ruleset.fromJson("""[{"key": "A", "type": "COLOUR"}]""").diagnostics().isNotEmpty())
    }

    @Test
    fun `rules use the clock of the settings`() {
        edge.set("A", "before")
        edge.setStrategies(
            "A",
            """[{"value": "after", "attributes": [{"fieldName": "now", "type": "DATE", "conditional": "GREATER", "values": ["2026-01-01"]}]}]""",
        )
        val time = Clock(Instant.parse("2025-06-01T00:00:00Z"))
        val client = ready { clock = time }
        val mara = client.context("userkey" to "mara")
        assertEquals("before", mara.string("A"))
        time.now = Instant.parse("2026-06-01T00:00:00Z")
        assertEquals("after", mara.string("A"))
        assertEquals(Instant.parse("2026-06-01T00:00:00Z"), time.now)
        client.close()
    }

    @Test
    fun `log records go to the function of the program`() {
        val records = LinkedBlockingQueue<Pair<LogLevel, String>>()
        Logs.to(LogLevel.DEBUG) { level, text -> records.add(level to text) }
        try {
            edge.fail(Fault.status(401))
            val client = edge.client()
            assertThrows(NotReadyException::class.java) { client.waitReady(PATIENCE) }.also { assertEquals("unauthorised", it.problem) }
            client.close()
            var record = records.next()
            while (record.first != LogLevel.WARN) record = records.next()
            assertTrue("evaluated" !in record.second, record.second)
        } finally {
            Logs.to(LogLevel.OFF) { _, _ -> }
        }
    }

    @Test
    fun `a program in Java uses each class`() {
        val seen = JavaFace.run()
        val expected = listOf(
            true, "red", BigDecimal("1.5"), """{"dark":true}""", Outcome.ACCEPTED, "blue", "green", Readiness.READY, "feature", "stream", false, "keyId",
            "key", "userkey",
        )
        assertTrue(seen.containsAll(expected), seen.toString())
        // Each class that programs can name is in the program.
        val source = java.io.File(System.getProperty("basedir"), "src/test/java/fh/client/JavaFace.java").readText()
        val classes = java.io.File(System.getProperty("basedir"), "src/main/kotlin").walk().filter { it.isFile && "internal" !in it.path }
            .flatMap { Regex("""\npublic (?:\w+ )*?(?:class|interface|object) (\w+)""").findAll(it.readText()) }.map { it.groupValues[1] }.toSet()
        val unused = classes.filter { !Regex("\\b$it\\b").containsMatchIn(source) }
        // Java names these by their members only, or not at all.
        val byMembers = setOf("Reads", "Overrides", "TestUpdates", "UsedFeature", "ClientSettings", "Change", "Interceptor", "UsageObserver")
        assertEquals(byMembers, unused.filter { !it.endsWith("Listener") }.toSet())
    }

    @Test
    fun `each function that Java cannot see has a twin for Java`() {
        val folder = java.io.File(System.getProperty("basedir"), "target/classes")
        val classes = folder.walk().filter { it.name.endsWith(".class") && it.name != "module-info.class" && "internal" !in it.path }
            .map { Class.forName(it.relativeTo(folder).path.removeSuffix(".class").replace('/', '.'), false, javaClass.classLoader) }
            .filter { Modifier.isPublic(it.modifiers) && "\$\$" !in it.name }
        fun java.lang.reflect.Method.form() =
            name to parameterTypes.map { if (it == Function1::class.java) Consumer::class.java else it }.let {
                // A function with any number of texts has a twin with a list of them.
                it.map { type -> if (type == Array<String>::class.java) List::class.java else type }
            }
        var hidden = 0
        for (each in classes) {
            val (synthetic, open) = each.declaredMethods.filter { Modifier.isPublic(it.modifiers) }.partition { it.isSynthetic }
            val own = synthetic.filter { '$' !in it.name && !it.isBridge }
            hidden += own.size
            val suspending = open.filter { it.parameterTypes.lastOrNull()?.simpleName == "Continuation" }.map { it.name }
            assertTrue(open.map { it.name }.containsAll(suspending.map { "${it}Async" }), "$each: $suspending")
            val missing = own.map { it.form() } - open.map { it.form() }.toSet()
            assertTrue(missing.isEmpty(), "$each: $missing")
        }
        assertTrue(hidden >= 5, "$hidden")
    }
}
