import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The system of a client's server.
public enum FlagSystem: String, Sendable {
    /// FeatureHub, whose servers are Edges.
    case featurehub
    /// FeatBit. The client polls, because the package opens no WebSockets.
    case featbit
    /// FeatureSignals. Its server evaluates the flags for one context, unless the client has a ruleset.
    case featuresignals
}

/// The way in which a client fetches features.
public enum FetchMode: String, Sendable {
    /// The client keeps one stream open, and polls while the Edge cannot stream.
    case streaming
    /// The client polls at the start, and again after each interval.
    case polling
    /// The client polls at the start, and again at the first read after the interval.
    case passive
    /// The client polls once.
    case once
    /// The client sends no requests.
    case offline
}

/// The values that a client serves while the Edge evaluates a changed context.
public enum WhileSwitching: String, Sendable {
    /// Reads for the new context have no values until the Edge has sent them.
    case hide
    /// Reads have the values of the former context until then, which suits only programs with a single user.
    case keep
}

/// The set of rules by which a client evaluates features, for FeatureHub those of a client-evaluated key.
public enum Profile: String, Sendable {
    /// The rules of most client SDKs of FeatureHub.
    case client
    /// The rules of FeatureHub's Edge.
    case edge
    /// The rules of FeatBit's evaluation server.
    case server
    /// The rules of FeatBit's draft of a specification for SDKs.
    case draft
}

/// The part of a stream's request that carries the context of a server-evaluated key.
public enum ContextPlacement: String, Sendable {
    /// The context is sent in the header `x-featurehub`.
    case header
    /// The context is sent in the query of the URL.
    case query
}

/// Delays before retries. A value that is nil has its default.
public struct Backoff: Sendable {
    /// The delay before the first retry; 1 second by default, and 60 seconds after a refusal.
    public var initial: Duration?
    /// The longest delay; 30 seconds by default, and 600 seconds after a refusal.
    public var cap: Duration?
    /// The share of a delay that is random, from 0 to 1; 0.5 by default.
    public var jitter: Double?

    public init(initial: Duration? = nil, cap: Duration? = nil, jitter: Double? = nil) {
        (self.initial, self.cap, self.jitter) = (initial, cap, jitter)
    }

    var document: Json {
        .given(["initial": .seconds(initial), "cap": .seconds(cap), "jitter": jitter.map { .number($0) }])
    }
}

/// The time limits of requests, and the maximum size of a response. A value that is nil has its default.
public struct Limits: Sendable {
    /// The longest time until a connection is open; 5 seconds by default. `URLSession` has no limit of its own for connections, so `head`
    /// limits them.
    public var connect: Duration?
    /// The longest time from a request to the complete head of its response; 12 seconds by default.
    public var head: Duration?
    /// The longest time from the request of a poll to its complete response; 12 seconds by default.
    public var poll: Duration?
    /// The longest time without a line on a stream; 90 seconds by default.
    public var idle: Duration?
    /// The longest time without progress on a stream that has not sent its first features; 15 seconds by default.
    public var heldBack: Duration?
    /// The largest size of a poll's response, or of a line or an event of a stream, in bytes; 16777216 by default.
    public var bytes: Int64?

    public init() {}

    var document: Json {
        .given([
            "connect": .seconds(connect), "head": .seconds(head), "poll": .seconds(poll), "idle": .seconds(idle),
            "heldBack": .seconds(heldBack), "bytes": bytes.map { .integer($0) },
        ])
    }
}

/// The settings of a client. A setting that is nil has its default.
public struct Settings: Sendable {
    /// The system of the client's server; `featurehub` by default. With another one, `Client.fromEnvironment` starts the client, and the key of
    /// a user is the attribute `keyId` of contexts for `featbit`, and `key` for `featuresignals`.
    public var system: FlagSystem?
    /// The server secret of an environment of FeatBit.
    public var secret: String?
    /// The URL of FeatBit's evaluation server for WebSockets, from which the other URLs are taken if they are missing.
    public var streamingUrl: String?
    /// The URL of FeatBit's evaluation server for polls.
    public var pollingUrl: String?
    /// The URL of FeatBit's evaluation server for insights.
    public var eventUrl: String?
    /// False to report neither evaluations nor metrics to FeatBit; true by default.
    public var insights: Bool?
    /// False to request all flags of FeatBit only at the start and for a refresh, and not also from time to time; true by default.
    public var fullSync: Bool?
    /// The URL of the server of FeatureSignals. For an Edge, it is an argument of the initializer, which takes precedence.
    public var url: String?
    /// The API key of an environment of FeatureSignals.
    public var apiKey: String?
    /// The slug of the environment of FeatureSignals to which the API key belongs.
    public var environment: String?
    /// True to request reasons and variants of FeatureSignals also for a context without attributes; false by default.
    public var reasons: Bool?
    /// The keys of the flags of FeatureSignals that the program reads; without it, the program can read all flags.
    public var flags: [String]?
    /// The ruleset of FeatureSignals that the client evaluates itself, for any number of contexts, as JSON.
    public var ruleset: String?
    /// The path of the file with the ruleset of FeatureSignals that the client evaluates itself. The client follows changes of the file.
    public var rulesetFile: String?
    /// True to keep a stream of FeatureSignals open, too, which announces changes; false by default, because servers as shipped refuse it.
    public var stream: Bool?
    /// The time after which the client replaces a stream of FeatureSignals by a new one; 25 seconds by default.
    public var streamLifetime: Duration?
    /// The way in which the client fetches features; `streaming` by default with one API key, and `polling` with several
    /// or with FeatureSignals.
    public var mode: FetchMode?
    /// The time between two polls in the modes `polling` and `passive`; 180 seconds by default. 0 polls once. For
    /// FeatureSignals, 30 seconds, also beside a stream.
    public var interval: Duration?
    /// The first context for which the Edge evaluates a server-evaluated key, or the server of FeatureSignals evaluates the flags.
    public var context: [String: any AttributeValue]?
    /// Features that the client serves from the start, as JSON.
    public var bootstrap: String?
    /// The path of the file in which the client keeps its last features for the next start.
    public var snapshotFile: String?
    /// The maximum age of features in the snapshot file; without it, features of any age are served.
    public var snapshotMaxAge: Duration?
    /// False to read the snapshot file in the background. By default, the first read of a feature has the value of the last session.
    public var snapshotAtStart = true
    /// Headers to add to each request, for example for a proxy.
    public var headers: [String: String]?
    /// The value of the header `X-SDK`, which identifies the program to the Edge.
    public var identification: String?
    /// The rules by which the client evaluates features; `client` by default, and `server` for FeatBit.
    public var profile: Profile?
    /// The part of a stream's request that carries the context of a server-evaluated key; `header` by default.
    public var contextPlacement: ContextPlacement?
    /// The values that the client serves while the Edge evaluates a changed context; `hide` by default.
    public var whileSwitching: WhileSwitching?
    /// The delays before retries after temporary failures.
    public var backoff: Backoff?
    /// The delays before retries after the Edge has refused the client.
    public var backoffWhenRefused: Backoff?
    /// The shortest and the longest delay before a reconnect after the end of a stream that had sent features; 0.1 and 1 seconds by
    /// default.
    public var returnWithin: ClosedRange<Duration>?
    /// The time after which a stream counts as healthy, so that the delays of the back-off begin anew; 10 seconds by default.
    public var healthyAfter: Duration?
    /// The time for which the client polls after the Edge could not stream; 600 seconds by default.
    public var streamAgainAfter: Duration?
    /// The time within which the client sends at most two requests; 1 second by default.
    public var pace: Duration?
    /// The time limits of requests, and the maximum size of a response.
    public var limits: Limits?
    /// The maximum number of events that wait for slow listeners; 1024 by default.
    public var eventQueue: Int?
    /// True to hold back updates after the first features until the program releases them; false by default.
    public var catchUpdates: Bool?
    /// False to start no threads for listeners, of which none is called then; true by default.
    public var listeners: Bool?
    /// The configuration of the `URLSession` that sends requests, for example with more headers; the ephemeral one by default. The client
    /// sets the time limits, and turns cookies and the cache off.
    public var urlSession: URLSessionConfiguration?

    /// The clock that gives the time of day, for rules on `now`, for usage events, and for the age of stored features.
    public var clock: FixedClock?
    /// Functions that can override the values of reads, each with its policy for locked features.
    public var interceptors: [Interception] = []
    /// Functions that are called for reads, each with the options that select the reads.
    public var observers: [UsageObserver] = []
    /// A listener for the first readiness, and for each change of it.
    public var onReadiness: (@Sendable (Readiness) throws -> Void)?
    /// A listener for the first status, and for each change of the readiness, the connection or the problem.
    public var onStatus: (@Sendable (StatusChange) throws -> Void)?
    /// A listener for unusual events that do not stop the client.
    public var onNotice: (@Sendable (Notice) throws -> Void)?
    /// A listener for the unchanged text of updates.
    public var onRaw: (@Sendable (RawUpdate) throws -> Void)?
    /// A listener for updates that change features visibly.
    public var onNewState: (@Sendable (NewState) throws -> Void)?
    /// Listeners for changes of single features, by the feature's key.
    public var onChange: [String: @Sendable (Change) throws -> Void] = [:]

    public init() {}

    /// The functions and the objects of the program.
    var parts: [Part] {
        let listeners: [Part?] = [
            clock.map { Part(["is": .text("clock")], $0.native) },
            onReadiness.map { .readiness($0) },
            onStatus.map { .status($0) },
            onNotice.map { .notice($0) },
            onRaw.map { .raw($0) },
            onNewState.map { .newState($0) },
        ]
        return listeners.compactMap { $0 } + onChange.map { .change($0, .null, $1) } + interceptors.map(\.part) + observers.map(\.part)
    }

    /// The settings document, in which a setting that is nil is left out.
    var document: [String: Json] {
        Json.given([
            "system": .word(system),
            "secret": secret.map { .text($0) },
            "streamingUrl": streamingUrl.map { .text($0) },
            "pollingUrl": pollingUrl.map { .text($0) },
            "eventUrl": eventUrl.map { .text($0) },
            "insights": insights.map { .boolean($0) },
            "fullSync": fullSync.map { .boolean($0) },
            "url": url.map { .text($0) },
            "apiKey": apiKey.map { .text($0) },
            "environment": environment.map { .text($0) },
            "reasons": reasons.map { .boolean($0) },
            "flags": flags.map { .list($0.map { .text($0) }) },
            "ruleset": ruleset.map { .text($0) },
            "rulesetFile": rulesetFile.map { .text($0) },
            "stream": stream.map { .boolean($0) },
            "streamLifetime": .seconds(streamLifetime),
            "mode": .word(mode),
            "interval": .seconds(interval),
            "context": context.map { PackedAttributes($0).json },
            "bootstrap": bootstrap.map { .text($0) },
            "snapshotFile": snapshotFile.map { .text($0) },
            "snapshotMaxAge": .seconds(snapshotMaxAge),
            "snapshotAtStart": .boolean(snapshotAtStart),
            "headers": headers.map { .object($0.mapValues { .text($0) }) },
            "identification": identification.map { .text($0) },
            "profile": .word(profile),
            "contextPlacement": .word(contextPlacement),
            "whileSwitching": .word(whileSwitching),
            "backoff": backoff?.document,
            "backoffWhenRefused": backoffWhenRefused?.document,
            "returnWithin": returnWithin.map { .list([.number($0.lowerBound.seconds), .number($0.upperBound.seconds)]) },
            "healthyAfter": .seconds(healthyAfter),
            "streamAgainAfter": .seconds(streamAgainAfter),
            "pace": .seconds(pace),
            "limits": limits?.document,
            "eventQueue": eventQueue.map { .integer(Int64($0)) },
            "catchUpdates": catchUpdates.map { .boolean($0) },
            "listeners": listeners.map { .boolean($0) },
        ]).members
    }
}

extension Json {
    /// Returns the members that are not nil.
    fileprivate static func given(_ members: [String: Json?]) -> Json { .object(members.compactMapValues { $0 }) }
}

extension Json? {
    fileprivate static func seconds(_ duration: Duration?) -> Json? { duration.map { .number($0.seconds) } }

    fileprivate static func word<Word: RawRepresentable<String>>(_ word: Word?) -> Json? { word.map { .text($0.rawValue) } }
}

