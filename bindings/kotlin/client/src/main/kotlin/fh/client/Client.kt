package fh.client

import fh.client.http.LibraryThreads
import fh.client.internal.Callback
import fh.client.internal.CallsOfListeners
import fh.client.internal.ClientState
import fh.client.internal.Json
import fh.client.internal.NativeClient
import fh.client.internal.Part
import fh.client.internal.await
import fh.client.internal.endsWithin
import fh.client.internal.limitMillis
import fh.client.internal.listOf
import java.lang.ref.WeakReference
import java.time.Duration
import java.util.concurrent.CompletableFuture
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.withTimeoutOrNull

/**
 * A client of one Edge. It keeps the features current on threads of its own, which do not keep the program running. Reads without a context are
 * methods of the client; [context] returns reads for a user.
 *
 * Functions whose names end in `Async` are those of the same name for programs without coroutines. A future is given up when it is cancelled.
 */
public class Client internal constructor(native: NativeClient) : Reads(native, null), AutoCloseable {
    /** The readiness of the client. */
    public val readiness: Readiness get() = Readiness.valueOf(native.perform("readiness").toString())

    /** True if the client has features. */
    public val isReady: Boolean get() = readiness == Readiness.READY

    /** The attribute of contexts that holds the key of a user: `userkey` for FeatureHub, `keyId` for FeatBit, and `key` for FeatureSignals. */
    public val userKeyAttribute: String by lazy { native.perform("userKeyAttribute").toString() }

    /** The status, which is set anew when the readiness, the connection or the problem changes. Its ages are those of that time. */
    public val status: StateFlow<Status> by lazy { current(mapOf("is" to "status")) { it.statusNow() } }

    /** Returns the present status. */
    @Suppress("UNCHECKED_CAST")
    public fun statusNow(): Status = Status(native.perform("status") as Map<String, Any?>)

    private val states = HashMap<String, StateFlow<Detail>>()

    /** Returns the detail of the feature without a context, kept current until the client ends. It reports no use of the feature. */
    public fun state(key: String): StateFlow<Detail> =
        synchronized(states) { states.getOrPut(key) { current(mapOf("is" to "change", "key" to key)) { it.peek(key) } } }

    /** Returns what a function reads from this client, and reads again at each event of the listener. */
    private fun <T> current(listener: Map<String, Any?>, read: (Client) -> T): StateFlow<T> {
        val flow = MutableStateFlow(read(this))
        // The native library refers to the listener, so a client to which the listener refers is never collected.
        val client = WeakReference(this)
        // A later read must not be replaced by an earlier one.
        fun update() = synchronized(flow) { client.get()?.let { flow.value = read(it) } }
        register(listener) { update() }
        // The value can have changed before the registration.
        update()
        return ClientState(this, flow)
    }

    /** Returns a context with these attributes. Null leaves an attribute out. */
    public fun context(vararg attributes: Pair<String, Any?>): Context = Context(this, attributesOf(attributes))

    /**
     * Returns a context with these attributes: texts, numbers, booleans, enumerations, times, dates, UUIDs, and lists of them, also in an
     * `Optional`. A time is a text such as `2026-11-28T08:15:00.000Z`. Null leaves an attribute out. Rules of FeatBit read a list as its JSON text,
     * and rules of FeatureSignals as `[a b]`. docs/reference/attributes.md has the texts of all values.
     *
     * @throws IllegalArgumentException if a value has no text of its own, such as a map, a list that holds lists, or a time without a zone, or if
     *   its text has more than 65,536 characters
     */
    public fun context(attributes: Map<String, Any?>): Context = Context(this, attributesOf(attributes))

    /**
     * Starts a client with the same settings, and with a context of its own at the Edge, for server-evaluated keys. The functions of the program
     * remain those of this client.
     *
     * @throws ClosedException if this client is closed
     */
    public fun isolated(attributes: Map<String, Any?>): Client {
        if (readiness == Readiness.CLOSED) throw ClosedException("the client is closed: an isolated client needs an open one")
        return Client(native.isolated(attributesOf(attributes)))
    }

    /**
     * Suspends until the client has features.
     *
     * @throws NotReadyException if the Edge refuses the client, or after the time
     * @throws ClosedException if the client is closed
     */
    public suspend fun ready(timeout: Duration = Duration.ofSeconds(30)) {
        // The time of the caller may end before this one, and then its coroutine is cancelled.
        val isReady = withTimeoutOrNull(timeout.limitMillis) {
            readyAsync().await()
            true
        }
        if (isReady == null) {
            val status = statusNow()
            throw NotReadyException("the client has no features after $timeout: $status", status.problem)
        }
    }

    /** Returns a future of the client's features. It fails with a [NotReadyException] if the Edge refuses the client. */
    public fun readyAsync(): CompletableFuture<Void?> = native.begin("ready", "throughRefusals" to false) { null }

    /**
     * Blocks this thread until the client has features.
     *
     * @throws NotReadyException if the Edge refuses the client, or after the time
     * @throws ClosedException if the client is closed
     * @throws InterruptedException if this thread is interrupted
     */
    @Throws(ClientException::class, InterruptedException::class)
    public fun waitReady(timeout: Duration) {
        // After the time, the library says what is missing.
        if (!readyAsync().endsWithin(timeout)) native.perform("waitReady", "millis" to 0)
    }

    /** Suspends until the Edge has evaluated the features for this context, for server-evaluated keys. Returns the context. */
    public suspend fun setContext(attributes: Map<String, Any?>): Context = setContextAsync(attributes).await()

    /** As [setContext], with a future. */
    public fun setContextAsync(attributes: Map<String, Any?>): CompletableFuture<Context> {
        val context = context(attributes)
        return native.begin("setContext", "context" to context.attributes) { context }
    }

    /** Asks the Edge for features now, and suspends until they are there. */
    public suspend fun refresh(): Readiness = refreshAsync().await()

    /** As [refresh], with a future. */
    public fun refreshAsync(): CompletableFuture<Readiness> = native.begin("refresh") { Readiness.valueOf(it.toString()) }

    /** Replaces the API keys, and suspends until the features for them are there. */
    public suspend fun setApiKeys(vararg keys: String): Readiness = setApiKeysAsync(*keys).await()

    /** As [setApiKeys], with a future. */
    public fun setApiKeysAsync(vararg keys: String): CompletableFuture<Readiness> =
        native.begin("setApiKeys", "keys" to keys.asList()) { Readiness.valueOf(it.toString()) }

    /** Replaces the headers that are added to each request, and suspends until the features for them are there. */
    public suspend fun setHeaders(headers: Map<String, String>): Readiness = setHeadersAsync(headers).await()

    /** As [setHeaders], with a future. */
    public fun setHeadersAsync(headers: Map<String, String>): CompletableFuture<Readiness> =
        native.begin("setHeaders", "headers" to headers.map { listOf(it.key, it.value) }) { Readiness.valueOf(it.toString()) }

    /** Calls a function with the present readiness, and when it changes. */
    public fun onReadiness(listener: ReadinessListener): Subscription = register(mapOf("is" to "readiness"), calls(listener))

    /** Calls a function with the present status, and when the readiness, the connection or the problem changes. */
    public fun onStatus(listener: StatusListener): Subscription = register(mapOf("is" to "status"), calls(listener))

    /** Calls a function with updates that change features visibly. */
    public fun onNewState(listener: NewStateListener): Subscription = register(mapOf("is" to "newState"), calls(listener))

    /** Calls a function with the unchanged text of updates. */
    public fun onRaw(listener: RawListener): Subscription = register(mapOf("is" to "raw"), calls(listener))

    /** Calls a function with unusual events that do not stop the client. */
    public fun onNotice(listener: NoticeListener): Subscription = register(mapOf("is" to "notice"), calls(listener))

    /** Registers an interceptor, or overrides of the program. The first one that is registered decides first. */
    public fun intercept(interception: Interception): Subscription = Subscription(native.register(interception.part))

    /** Registers an interceptor. The first one that is registered decides first. */
    @JvmOverloads
    public fun intercept(interceptor: Interceptor, locks: LockPolicy = LockPolicy.RESPECT): Subscription =
        intercept(Interception(interceptor, locks))

    /** Compares the values for all listeners, after an interceptor's own data have changed. */
    public fun overridesChanged() {
        native.perform("overridesChanged")
    }

    /** Registers an observer of the uses of features. */
    @JvmOverloads
    public fun observe(observer: UsageObserver, options: UsageOptions = UsageOptions()): Subscription =
        Subscription(native.register(Part(options.part(), calls(observer))))

    /** Holds back all later updates, until they are released. */
    public fun catchUpdates() {
        native.perform("catchUpdates")
    }

    /** Applies the updates of all features that are held back. Later updates are held back again. */
    public fun release() {
        native.perform("release")
    }

    /** Applies the updates of these features that are held back; of none without keys. Later updates are held back again. */
    public fun release(vararg keys: String): Unit = release(keys.asList())

    /** Applies the updates of these features that are held back; of none without keys. Later updates are held back again. */
    public fun release(keys: Collection<String>) {
        native.perform("release", "keys" to keys.toList())
    }

    /** Applies the updates that are held back, and ends [catchUpdates]. */
    public fun stopCatching() {
        native.perform("stopCatching")
    }

    /** True if updates are held back. */
    public val isCatching: Boolean get() = native.perform("isCatching") as Boolean

    /** True if an update waits to be released. */
    public val isHolding: Boolean get() = native.perform("isHolding") as Boolean

    /** The keys of the features whose updates wait to be released. */
    public val heldKeys: List<String> get() = listOf(native.perform("heldKeys"))

    /** The keys of all features. */
    public val keys: List<String> get() = listOf(native.perform("keys"))

    /** The ids of the environments. */
    public val environments: List<String> get() = listOf(native.perform("environments"))

    /** The number of the state that reads use. It grows with each change. */
    public val generation: Long get() = native.perform("generation").toString().toLong()

    /** Returns a text for each part of the features that could not be used. */
    public fun diagnostics(): List<String> = listOf(native.perform("diagnostics"))

    /** Adds features from a store of the program, in the background. [features] is a JSON list of the features of an environment. */
    public fun offerFeatures(store: String, environment: String, features: String) {
        native.perform("offerFeatures", "store" to store, "environment" to environment, "features" to features)
    }

    /** Returns test updates with an API key, or with the first one of the client. */
    @JvmOverloads
    public fun testUpdates(apiKey: String? = null): TestUpdates = TestUpdates(native, apiKey)

    /** Ends the connection, and keeps the features, until [resume]. Returns at once. */
    public fun suspend() {
        native.perform("suspend")
    }

    /** Ends [suspend]. Returns at once. */
    public fun resume() {
        native.perform("resume")
    }

    /**
     * Blocks this thread until listeners have all events so far, observers have sent theirs, and the snapshot file is written. Returns false after
     * the time; in a listener or an observer at once, because the wait would be for its own end. The work goes on then.
     *
     * @throws InterruptedException if this thread is interrupted
     */
    @Throws(InterruptedException::class)
    public fun flush(timeout: Duration): Boolean = flushedAsync(timeout).let { !CallsOfListeners.isHere() && it.endsWithin(timeout) }

    /** As [flush], but suspends. */
    public suspend fun flushed(timeout: Duration): Boolean {
        val future = flushedAsync(timeout)
        if (CallsOfListeners.isHere()) return false
        // The time of the caller may end before this one, and then its coroutine is cancelled.
        val isFlushed = withTimeoutOrNull(timeout.limitMillis) {
            future.await()
            true
        }
        return isFlushed == true
    }

    /** As [flush], with a future, which has no time limit. An observer gets the time to send its events. */
    public fun flushedAsync(limit: Duration): CompletableFuture<Void?> = native.begin("flush", "millis" to limit.limitMillis) { null }

    /**
     * Ends the client, and returns at once. The last values answer afterwards. After the last events, the client forgets the functions of the
     * program. A client that is not closed ends after it was collected, which needs that no function of it refers to the client. A program whose
     * last thread ends meanwhile goes on until the end of the client and its last log records, a second at most.
     */
    override fun close() {
        native.perform("close")
        LibraryThreads.finish(native.begin("closed") { null }.thenRun { native.end() })
    }

    /**
     * Returns a future of the end of the client, after [close]. The end of the last open client includes that of the library's threads, for which it
     * waits a second at most: a request may wait for its server.
     */
    public fun closedAsync(): CompletableFuture<Void?> {
        // The operation must not keep a client that is forgotten.
        val ended = WeakReference(native)
        return native.begin("closed") { ended.get()?.end() }.thenCompose { LibraryThreads.ended() }
    }

    override fun toString(): String = "Client($readiness)"

    internal companion object {
        fun calls(listener: ReadinessListener): (String) -> Unit =
            { listener.onReadiness(Readiness.valueOf(Json.members(it)["readiness"].toString())) }

        fun calls(listener: StatusListener): (String) -> Unit = { listener.onStatus(StatusChange(Json.members(it))) }

        fun calls(listener: NewStateListener): (String) -> Unit = { listener.onNewState(NewState(Json.members(it))) }

        fun calls(listener: RawListener): (String) -> Unit = { listener.onRaw(RawUpdate(Json.members(it))) }

        fun calls(observer: UsageObserver): Callback =
            Callback(onlyFirst = true) { text ->
                @Suppress("UNCHECKED_CAST")
                CallsOfListeners.call { observer.onUsage((Json.read(text) as List<*>).map { UsageEvent(it as Map<String, Any?>) }) }
                null
            }

        fun calls(listener: NoticeListener): (String) -> Unit = { listener.onNotice(Notice(Json.members(it))) }
    }
}
