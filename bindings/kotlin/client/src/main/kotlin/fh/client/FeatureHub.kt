package fh.client

import fh.client.http.HttpTransport
import fh.client.internal.Json
import fh.client.internal.NativeClient
import fh.client.internal.NativeObject
import fh.client.internal.Part
import java.util.ServiceLoader
import java.util.function.Consumer

/** Creates clients of a FeatureHub Edge, of FeatBit and of FeatureSignals. */
public object FeatureHub {
    /**
     * Starts a client, and returns at once, before the Edge has sent features.
     *
     * ```kotlin
     * val client = FeatureHub.client("https://edge.example", "ENVIRONMENT/KEY*") { mode = FetchMode.STREAMING }
     * ```
     *
     * @throws IllegalArgumentException if a setting is wrong. The text says which one, and what to write instead.
     */
    @JvmSynthetic
    public fun client(url: String, vararg apiKeys: String, settings: ClientSettings.() -> Unit = {}): Client =
        start(url, apiKeys.asList(), ClientSettings().apply(settings))

    /**
     * Starts a client, for programs in Java.
     *
     * @throws IllegalArgumentException if a setting is wrong
     */
    @JvmStatic
    public fun client(url: String, apiKey: String): Client = start(url, listOf(apiKey), ClientSettings())

    /**
     * Starts a client with settings, for programs in Java.
     *
     * @throws IllegalArgumentException if a setting is wrong
     */
    @JvmStatic
    public fun client(url: String, apiKeys: List<String>, settings: Consumer<ClientSettings>): Client =
        start(url, apiKeys, ClientSettings().also { settings.accept(it) })

    /**
     * Starts a client of FeatBit. The other URLs of its server are taken from this one, unless they are set. In contexts, the key of a user is
     * the attribute `keyId`. The package's transports open no WebSockets, so the client polls.
     *
     * ```kotlin
     * val client = FeatureHub.featBit("https://flags.example", "SERVER_SECRET")
     * ```
     *
     * @throws IllegalArgumentException if a setting is wrong
     */
    @JvmSynthetic
    public fun featBit(url: String, secret: String, settings: ClientSettings.() -> Unit = {}): Client =
        fromEnvironment {
            system = FlagSystem.FEATBIT
            streamingUrl = url
            this.secret = secret
            settings()
        }

    /** Starts a client of FeatBit, for programs in Java. */
    @JvmStatic
    public fun featBit(url: String, secret: String): Client = featBit(url, secret) {}

    /** Starts a client of FeatBit with settings, for programs in Java. */
    @JvmStatic
    public fun featBit(url: String, secret: String, settings: Consumer<ClientSettings>): Client =
        featBit(url, secret) { settings.accept(this) }

    /**
     * Starts a client of FeatureSignals, whose server evaluates the flags for one context. In contexts, the key of a user is the attribute `key`.
     *
     * ```kotlin
     * val client = FeatureHub.featureSignals("https://flags.example", "API_KEY", "production")
     * ```
     *
     * @throws IllegalArgumentException if a setting is wrong
     */
    @JvmSynthetic
    public fun featureSignals(url: String, apiKey: String, environment: String, settings: ClientSettings.() -> Unit = {}): Client =
        fromEnvironment {
            system = FlagSystem.FEATURESIGNALS
            this.url = url
            this.apiKey = apiKey
            this.environment = environment
            settings()
        }

    /** Starts a client of FeatureSignals, for programs in Java. */
    @JvmStatic
    public fun featureSignals(url: String, apiKey: String, environment: String): Client = featureSignals(url, apiKey, environment) {}

    /** Starts a client of FeatureSignals with settings, for programs in Java. */
    @JvmStatic
    public fun featureSignals(url: String, apiKey: String, environment: String, settings: Consumer<ClientSettings>): Client =
        featureSignals(url, apiKey, environment) { settings.accept(this) }

    /**
     * Starts a client of FeatureSignals that evaluates a ruleset itself, for any number of contexts, and sends no requests. A client that follows
     * a file has the setting `rulesetFile` of [fromEnvironment].
     *
     * @throws IllegalArgumentException if a setting or the ruleset is wrong
     */
    @JvmStatic
    public fun featureSignalsRuleset(ruleset: String): Client =
        fromEnvironment {
            system = FlagSystem.FEATURESIGNALS
            this.ruleset = ruleset
        }

    /**
     * Starts a client whose URL and API keys, and the settings that the function leaves out, come from environment variables, such as
     * `FEATUREHUB_EDGE_URL` and `FEATUREHUB_CLIENT_API_KEY`.
     *
     * @throws IllegalArgumentException if a setting is wrong
     */
    @JvmSynthetic
    public fun fromEnvironment(settings: ClientSettings.() -> Unit = {}): Client = start(null, null, ClientSettings().apply(settings))

    /** Starts a client with settings from environment variables, for programs in Java. */
    @JvmStatic
    public fun fromEnvironment(): Client = start(null, null, ClientSettings())

    /** Starts a client with settings, and others from environment variables, for programs in Java. */
    @JvmStatic
    public fun fromEnvironment(settings: Consumer<ClientSettings>): Client = fromEnvironment { settings.accept(this) }

    private fun start(url: String?, apiKeys: List<String>?, settings: ClientSettings): Client {
        // Neither a client that is offline nor one with a ruleset sends requests.
        val isSilent = settings.mode == FetchMode.OFFLINE || settings.ruleset != null || settings.rulesetFile != null
        val transport = if (isSilent) null else settings.transport ?: found()
        return start(url, apiKeys, settings, transport, emptyList())
    }

    /** Starts a client of an Edge in memory. */
    internal fun clientOf(edge: NativeObject, apiKey: String, settings: ClientSettings.() -> Unit): Client {
        val part = Part(mapOf("is" to "edge"), target = edge)
        return start("http://memory.invalid", listOf(apiKey), ClientSettings().apply(settings), null, listOf(part))
    }

    private fun start(
        url: String?,
        apiKeys: List<String>?,
        settings: ClientSettings,
        transport: HttpTransport?,
        further: List<Part>,
    ): Client {
        Logs.begin()
        val own = settings.document()
        val document = own + mapOf("url" to (url ?: own["url"]), "apiKeys" to apiKeys)
        return Client(NativeClient(Json.write(document), transport, settings.parts() + further))
    }

    /** Returns the transport that is on the class path. */
    private fun found(): HttpTransport =
        ServiceLoader.load(HttpTransport::class.java, HttpTransport::class.java.classLoader).firstOrNull()
            ?: throw IllegalArgumentException(
                "the client has no HTTP transport: add fh-client-jdk or fh-client-okhttp to the program, or set `transport`",
            )
}
