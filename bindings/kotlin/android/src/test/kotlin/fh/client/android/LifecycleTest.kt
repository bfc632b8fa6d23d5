package fh.client.android

import android.app.Activity
import android.app.Application
import android.content.Context
import android.net.ConnectivityManager
import android.net.Network
import android.os.Looper
import android.os.SystemClock
import fh.client.Client
import fh.client.FeatureHub
import fh.client.http.HttpTransport
import fh.client.testing.MemoryEdge
import java.time.Duration
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.logging.LogRecord
import java.util.logging.Logger
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** An application with Android's own callbacks, whose services are fakes. */
private class FakeApplication(private val connectivity: ConnectivityManager) : Application() {
    val callbacks = ArrayList<ActivityLifecycleCallbacks>()

    override fun getSystemService(name: String): Any = connectivity

    override fun getSystemServiceName(type: Class<*>): String = Context.CONNECTIVITY_SERVICE

    override fun registerActivityLifecycleCallbacks(callback: ActivityLifecycleCallbacks) {
        callbacks.add(callback)
    }

    override fun unregisterActivityLifecycleCallbacks(callback: ActivityLifecycleCallbacks) {
        callbacks.remove(callback)
    }

    fun each(report: (ActivityLifecycleCallbacks) -> Unit) = callbacks.forEach(report)
}

private class FakeActivity(private val isRotating: Boolean = false) : Activity() {
    override fun isChangingConfigurations(): Boolean = isRotating
}

/** The callbacks of Android, whose own `Handler` and `Looper` run with a clock and a queue of the test. */
class LifecycleTest {
    @Suppress("DEPRECATION")
    private val queue = run {
        if (Looper.getMainLooper() == null) Looper.prepareMainLooper()
        Looper.getMainLooper().queue
    }
    private val wifi = Network(100)
    private val mobile = Network(101)
    private val connectivity = ConnectivityManager().apply { active = wifi }
    private val application = FakeApplication(connectivity)
    private val client: Client = MemoryEdge().client().also { it.readyAsync().get(60, TimeUnit.SECONDS) }

    @AfterEach
    fun closeClient() = client.close()

    private fun pass(millis: Long) = queue.runUntil(SystemClock.now + millis)

    private fun start(activity: Activity) = application.each { it.onActivityStarted(activity) }

    private fun stop(activity: Activity) = application.each { it.onActivityStopped(activity) }

    private fun awaitConnection(connection: String) = await(connection) { client.statusNow().connection == connection }

    @Test
    fun `the client is suspended a second after the last activity stopped, and resumed by the next one`() {
        client.followLifecycle(application)
        val (first, second) = listOf(FakeActivity(), FakeActivity())
        start(first)
        start(second)
        stop(first)
        pass(60_000)
        stop(second)
        pass(999)
        assertEquals(1, queue.size())
        pass(1)
        awaitConnection("suspended")
        start(first)
        awaitConnection("streaming")
    }

    /** Android starts the new activity within the same message of the main thread, so that no other message runs meanwhile. */
    @Test
    fun `a rotation does not count, however long it takes`() {
        client.followLifecycle(application)
        val rotating = FakeActivity(isRotating = true)
        start(rotating)
        val statuses = statuses()
        stop(rotating)
        SystemClock.now += 5_000
        start(FakeActivity())
        pass(60_000)
        assertTrue(client.flush(Duration.ofSeconds(60)))
        assertEquals(listOf("streaming"), statuses)
    }

    @Test
    fun `an activity from before the client counts when it is resumed or stopped`() {
        client.followLifecycle(application)
        val (before, dialogue) = listOf(FakeActivity(), FakeActivity())
        start(dialogue)
        application.each { it.onActivityResumed(before) }
        stop(dialogue)
        pass(60_000)
        assertEquals(0, queue.size())
        stop(before)
        pass(1_000)
        awaitConnection("suspended")
    }

    @Test
    fun `a process without an activity follows the network alone`() {
        client.followLifecycle(application)
        val statuses = statuses()
        pass(3_600_000)
        connectivity.callbacks.single().onAvailable(wifi)
        assertTrue(client.flush(Duration.ofSeconds(60)))
        assertEquals(listOf("streaming"), statuses)
        connectivity.callbacks.single().onAvailable(mobile)
        await("a reconnection in $statuses") { statuses.toList().let { "suspended" in it && it.last() == "streaming" } }
        val reconnected = statuses.size
        connectivity.callbacks.single().onLost(wifi)
        connectivity.callbacks.single().onAvailable(mobile)
        pass(60_000)
        assertTrue(client.flush(Duration.ofSeconds(60)))
        assertEquals(reconnected, statuses.size)
    }

    @Test
    fun `an app that starts without a network reconnects when there is one`() {
        connectivity.active = null
        client.followLifecycle(application)
        val statuses = statuses()
        connectivity.callbacks.single().onAvailable(wifi)
        await("a reconnection in $statuses") { "suspended" in statuses.toList() }
    }

    @Test
    fun `the client follows the app until it is closed, or until the result is`() {
        val following = client.followLifecycle(application)
        client.followLifecycle(application)
        assertEquals(listOf(2, 2), listOf(application.callbacks.size, connectivity.callbacks.size))
        following.close()
        following.close()
        assertEquals(listOf(1, 1), listOf(application.callbacks.size, connectivity.callbacks.size))
        client.close()
        await("the end of the reports") { application.callbacks.isEmpty() && connectivity.callbacks.isEmpty() }
    }

    @Test
    fun `an app that may not follow the network follows its activities`() {
        val refusing = FakeApplication(ConnectivityManager().apply { refusal = SecurityException("ACCESS_NETWORK_STATE") })
        val logger = Logger.getLogger("fh.client")
        val texts = ArrayList<String>()
        val handler = object : java.util.logging.Handler() {
            override fun publish(record: LogRecord) {
                texts.add(record.message)
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
        logger.addHandler(handler)
        client.followLifecycle(refusing)
        logger.removeHandler(handler)
        assertEquals(listOf("the client does not follow the network: java.lang.SecurityException: ACCESS_NETWORK_STATE"), texts)
        refusing.each { it.onActivityStopped(FakeActivity()) }
        pass(1_000)
        awaitConnection("suspended")
    }

    /** The main thread of an app draws and takes input, so it must never wait for the program or for the network. */
    @Test
    fun `nothing waits for a transport or a listener that blocks`() {
        val release = CountDownLatch(1)
        val blocked = CountDownLatch(1)
        val blocking = FeatureHub.client("http://127.0.0.1:9", "environment/key") {
            transport = HttpTransport { _, _ -> release.await() }
        }
        blocking.onStatus {
            blocked.countDown()
            release.await()
        }
        assertTrue(blocked.await(60, TimeUnit.SECONDS))
        val following = blocking.followLifecycle(application)
        start(FakeActivity())
        connectivity.callbacks.single().onAvailable(mobile)
        application.each { it.onActivityStopped(FakeActivity()) }
        pass(60_000)
        start(FakeActivity())
        following.close()
        release.countDown()
        blocking.close()
    }

    private fun statuses(): List<String> {
        val statuses = CopyOnWriteArrayList<String>()
        client.onStatus { statuses.add(it.connection) }
        assertTrue(client.flush(Duration.ofSeconds(60)))
        return statuses
    }

    private fun await(what: String, isReached: () -> Boolean) {
        val end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60)
        while (!isReached()) {
            assertTrue(System.nanoTime() < end, what)
            Thread.yield()
        }
    }
}
