package fh.client

import fh.client.http.HttpTransport
import fh.client.internal.Json
import fh.client.internal.Part
import java.time.Duration

/** Delays before retries. A value that is null has its default. */
public class Backoff @JvmOverloads constructor(
    /** The delay before the first retry; 1 second by default, and 60 seconds after a refusal. */
    public val initial: Duration? = null,
    /** The longest delay; 30 seconds by default, and 600 seconds after a refusal. */
    public val cap: Duration? = null,
    /** The share of a delay that is random, from 0 to 1; 0.5 by default. */
    public val jitter: Double? = null,
)

/** The time limits of requests, and the maximum size of a response. A value that is null has its default. */
public class Limits {
    /** The longest time until a connection is open; 5 seconds by default. */
    public var connect: Duration? = null

    /** The longest time from a request to the complete head of its response; 12 seconds by default. */
    public var head: Duration? = null

    /** The longest time from the request of a poll to its complete response; 12 seconds by default. */
    public var poll: Duration? = null

    /** The longest time without a line on a stream; 90 seconds by default. */
    public var idle: Duration? = null

    /** The longest time without progress on a stream that has not sent its first features; 15 seconds by default. */
    public var heldBack: Duration? = null

    /** The largest size of a poll's response, or of a line or an event of a stream, in bytes; 16777216 by default. */
    public var bytes: Long? = null
}

/** The settings of a client. A setting that is null has its default. */
public class ClientSettings internal constructor() {
    /** The system of the client's server; `FEATUREHUB` by default. For the other ones, see [FeatureHub.featBit] and [FeatureHub.featureSignals]. */
    public var system: FlagSystem? = null

    /** The server secret of an environment of FeatBit. */
    public var secret: String? = null

    /** The URL of FeatBit's evaluation server for WebSockets, from which the other URLs are taken if they are missing. */
    public var streamingUrl: String? = null

    /** The URL of FeatBit's evaluation server for polls. */
    public var pollingUrl: String? = null

    /** The URL of FeatBit's evaluation server for insights. */
    public var eventUrl: String? = null

    /** False to report neither evaluations nor metrics to FeatBit; true by default. */
    public var insights: Boolean? = null

    /** False to request all flags of FeatBit only at the start and for a refresh, and not also from time to time; true by default. */
    public var fullSync: Boolean? = null

    /** The URL of the server of FeatureSignals. For an Edge, it is an argument of [FeatureHub.client], which takes precedence. */
    public var url: String? = null

    /** The API key of an environment of FeatureSignals. */
    public var apiKey: String? = null

    /** The slug of the environment of FeatureSignals to which the API key belongs. */
    public var environment: String? = null

    /** True to request reasons and variants of FeatureSignals also for a context without attributes; false by default. */
    public var reasons: Boolean? = null

    /** The keys of the flags of FeatureSignals that the program reads; without it, the program can read all flags. */
    public var flags: List<String>? = null

    /** The ruleset of FeatureSignals that the client evaluates itself, for any number of contexts, as JSON. */
    public var ruleset: String? = null

    /** The path of the file with the ruleset of FeatureSignals that the client evaluates itself. The client follows changes of the file. */
    public var rulesetFile: String? = null

    /** True to keep a stream of FeatureSignals open, too, which announces changes; false by default, because servers as shipped refuse it. */
    public var stream: Boolean? = null

    /** The time after which the client replaces a stream of FeatureSignals by a new one; 25 seconds by default. */
    public var streamLifetime: Duration? = null

    /** The way in which the client fetches features; `STREAMING` by default with one API key, and `POLLING` with several or with FeatureSignals. */
    public var mode: FetchMode? = null

    /** The time between two polls in the modes `POLLING` and `PASSIVE`; 180 seconds by default. 0 polls once. For FeatureSignals, 30 seconds, also beside a stream. */
    public var interval: Duration? = null

    /** The first context for which the Edge evaluates a server-evaluated key, or the server of FeatureSignals evaluates the flags. */
    public var context: Map<String, Any?>? = null

    /** Features that the client serves from the start, as JSON. */
    public var bootstrap: String? = null

    /** The path of the file in which the client keeps its last features for the next start. */
    public var snapshotFile: String? = null

    /** The maximum age of features in the snapshot file; without it, features of any age are served. */
    public var snapshotMaxAge: Duration? = null

    /** False to read the snapshot file in the background. By default, the first read of a feature has the value of the last session. */
    public var snapshotAtStart: Boolean? = null

    /** Headers to add to each request, for example for a proxy. */
    public var headers: Map<String, String>? = null

    /** The value of the header `X-SDK`, which identifies the program to the Edge. */
    public var identification: String? = null

    /** The rules by which the client evaluates features; `CLIENT` by default, and `SERVER` for FeatBit. */
    public var profile: Profile? = null

    /** The part of a stream's request that carries the context of a server-evaluated key; `HEADER` by default. */
    public var contextPlacement: ContextPlacement? = null

    /** The values that the client serves while the Edge evaluates a changed context; `HIDE` by default. */
    public var whileSwitching: WhileSwitching? = null

    /** The delays before retries after temporary failures. */
    public var backoff: Backoff? = null

    /** The delays before retries after the Edge has refused the client. */
    public var backoffWhenRefused: Backoff? = null

    /** The shortest and the longest delay before a reconnect after the end of a stream that had sent features; 0.1 and 1 seconds by default. */
    public var returnWithin: Pair<Duration, Duration>? = null

    /** The time after which a stream counts as healthy, so that the delays of the back-off begin anew; 10 seconds by default. */
    public var healthyAfter: Duration? = null

    /** The time for which the client polls after the Edge could not stream; 600 seconds by default. */
    public var streamAgainAfter: Duration? = null

    /** The time within which the client sends at most two requests; 1 second by default. */
    public var pace: Duration? = null

    /** The time limits of requests, and the maximum size of a response. */
    public var limits: Limits? = null

    /** The maximum number of events that wait for slow listeners; 1024 by default. */
    public var eventQueue: Int? = null

    /** True to hold back updates after the first features until the program releases them; false by default. */
    public var catchUpdates: Boolean? = null

    /** False to start no threads for listeners, of which none is called then; true by default. */
    public var listeners: Boolean? = null

    /** The transport that sends requests; by default the one that is on the class path. */
    public var transport: HttpTransport? = null

    /** The clock that gives the time of day, for rules on `now`, for usage events, and for the age of stored features. */
    public var clock: Clock? = null

    /** Functions that can override the values of reads, each with its policy for locked features. */
    public var interceptors: List<Interception>? = null

    /** Functions that are called for reads, each with the options that select the reads. */
    public var observers: List<Observation>? = null

    /** A listener for the first readiness, and for each change of it. */
    public var onReadiness: ReadinessListener? = null

    /** A listener for the first status, and for each change of the readiness, the connection or the problem. */
    public var onStatus: StatusListener? = null

    /** A listener for unusual events that do not stop the client. */
    public var onNotice: NoticeListener? = null

    /** A listener for the unchanged text of updates. */
    public var onRaw: RawListener? = null

    /** A listener for updates that change features visibly. */
    public var onNewState: NewStateListener? = null

    /** Listeners for changes of single features, by the feature's key. */
    public var onChange: Map<String, ChangeListener>? = null

    /** Returns the functions and the objects of the program, each with its description. */
    internal fun parts(): List<Part> {
        fun listener(kind: String, call: ((String) -> Unit)?) = call?.let { Part(mapOf("is" to kind), Reads.listener(it)) }
        return listOfNotNull(
            clock?.let { Part(mapOf("is" to "clock"), target = it.native) },
            listener("readiness", onReadiness?.let { Client.calls(it) }),
            listener("status", onStatus?.let { Client.calls(it) }),
            listener("notice", onNotice?.let { Client.calls(it) }),
            listener("raw", onRaw?.let { Client.calls(it) }),
            listener("newState", onNewState?.let { Client.calls(it) }),
        ) + onChange.orEmpty().map { (key, listener) ->
            Part(mapOf("is" to "change", "key" to key), Reads.listener { listener.onChange(Change(Json.members(it))) })
        } + interceptors.orEmpty().map { it.part } + observers.orEmpty().map { Part(it.options.part(), Client.calls(it.observer)) }
    }

    /** Returns the settings document. */
    internal fun document(): Map<String, Any?> =
        mapOf(
            "system" to system.word(),
            "secret" to secret,
            "streamingUrl" to streamingUrl,
            "pollingUrl" to pollingUrl,
            "eventUrl" to eventUrl,
            "insights" to insights,
            "fullSync" to fullSync,
            "url" to url,
            "apiKey" to apiKey,
            "environment" to environment,
            "reasons" to reasons,
            "flags" to flags,
            "ruleset" to ruleset,
            "rulesetFile" to rulesetFile,
            "stream" to stream,
            "streamLifetime" to streamLifetime.seconds(),
            "mode" to mode.word(),
            "interval" to interval.seconds(),
            "context" to context?.let { attributesOf(it).map },
            "bootstrap" to bootstrap,
            "snapshotFile" to snapshotFile,
            "snapshotMaxAge" to snapshotMaxAge.seconds(),
            "snapshotAtStart" to (snapshotAtStart ?: true),
            "headers" to headers,
            "identification" to identification,
            "profile" to profile.word(),
            "contextPlacement" to contextPlacement.word(),
            "whileSwitching" to whileSwitching.word(),
            "backoff" to backoff?.document(),
            "backoffWhenRefused" to backoffWhenRefused?.document(),
            "returnWithin" to returnWithin?.toList()?.map { it.seconds() },
            "healthyAfter" to healthyAfter.seconds(),
            "streamAgainAfter" to streamAgainAfter.seconds(),
            "pace" to pace.seconds(),
            "limits" to limits?.document(),
            "eventQueue" to eventQueue,
            "catchUpdates" to catchUpdates,
            "listeners" to listeners,
        )

    private fun Backoff.document() = mapOf("initial" to initial.seconds(), "cap" to cap.seconds(), "jitter" to jitter)

    private fun Limits.document() =
        mapOf(
            "connect" to connect.seconds(),
            "head" to head.seconds(),
            "poll" to poll.seconds(),
            "idle" to idle.seconds(),
            "heldBack" to heldBack.seconds(),
            "bytes" to bytes,
        )

    private fun Enum<*>?.word(): String? = this?.name?.lowercase()

    private fun Duration?.seconds(): Double? = this?.let { it.seconds + it.nano / 1e9 }
}
