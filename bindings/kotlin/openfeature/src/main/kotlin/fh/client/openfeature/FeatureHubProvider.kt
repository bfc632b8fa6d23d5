package fh.client.openfeature

import dev.openfeature.sdk.EvaluationContext
import dev.openfeature.sdk.EventProvider
import dev.openfeature.sdk.Metadata
import dev.openfeature.sdk.ProviderEvaluation
import dev.openfeature.sdk.ProviderState
import dev.openfeature.sdk.TrackingEventDetails
import dev.openfeature.sdk.Value
import dev.openfeature.sdk.exceptions.ProviderNotReadyError
import dev.openfeature.sdk.exceptions.TypeMismatchError
import fh.client.Client
import fh.client.ClientException
import java.math.BigDecimal
import java.time.Duration

/**
 * An OpenFeature provider that reads features from a client. Evaluations use the features in memory, and never wait.
 *
 * ```kotlin
 * val client = FeatureHub.client("https://edge.example", "ENVIRONMENT/KEY*")
 * OpenFeatureAPI.getInstance().setProviderAndWait(FeatureHubProvider(client))
 * val mara = ImmutableContext("mara", mapOf("country" to Value("new_zealand")))
 * val isNew = OpenFeatureAPI.getInstance().client.getBooleanValue("NEW_CHECKOUT", false, mara)
 * ```
 *
 * The program can use the client directly as well, and closes it. A provider that is replaced or shut down leaves the client open. A field of an
 * evaluation context or of a tracking event that cannot be used is left out, with one log record for its name (logger `fh.client.openfeature`).
 */
public class FeatureHubProvider @JvmOverloads constructor(
    /** The client that the provider reads from. */
    public val client: Client,
    private val patience: Duration = Duration.ofSeconds(10),
    /** The name of the provider; that of the client's system by default: `featurehub`, `featbit` or `featuresignals`. */
    private val name: String = nameOf(client),
) : EventProvider() {
    private val reader = FeatureReader(client)
    private val events = ProviderEvents(client, ::emit)

    /** Returns the name of the provider. The SDK keeps the providers of a `MultiProvider` by their names, so that two of them need different ones. */
    override fun getMetadata(): Metadata {
        events.repeatAfterInitialization()
        return Metadata { name }
    }

    /**
     * Waits until the client has features, at most the patience of the provider, which is 10 seconds by default.
     *
     * @throws ProviderNotReadyError if the Edge refuses the client, if the client ends, or after the patience. The provider becomes ready
     *   later, as soon as the client has features.
     */
    override fun initialize(evaluationContext: EvaluationContext?) {
        try {
            client.waitReady(patience)
        } catch (failure: ClientException) {
            events.start(ProviderState.ERROR)
            throw ProviderNotReadyError(failure.message, failure)
        } catch (interrupt: InterruptedException) {
            events.start(ProviderState.ERROR)
            Thread.currentThread().interrupt()
            throw ProviderNotReadyError("the wait for features was interrupted", interrupt)
        }
        events.start(ProviderState.READY)
    }

    /** Ends the events of the provider. The client stays open, and the provider can be set again. */
    // The SDK's function is not called, because it ends the threads that emit events for good.
    override fun shutdown() {
        events.stop()
    }

    /** Returns the value of a BOOLEAN feature. */
    override fun getBooleanEvaluation(key: String, defaultValue: Boolean?, ctx: EvaluationContext?): ProviderEvaluation<Boolean> =
        reader.read(key, ctx, "BOOLEAN") { it as? Boolean ?: throw notOfType("a boolean") }

    /** Returns the value of a STRING feature. */
    override fun getStringEvaluation(key: String, defaultValue: String?, ctx: EvaluationContext?): ProviderEvaluation<String> =
        reader.read(key, ctx, "STRING") { it as? String ?: throw notOfType("a text") }

    /** Returns the value of a NUMBER feature that is an integer of 32 bits. */
    override fun getIntegerEvaluation(key: String, defaultValue: Int?, ctx: EvaluationContext?): ProviderEvaluation<Int> =
        reader.read(key, ctx, "NUMBER") { integer(it, "32 bits: read it as a long or a double", BigDecimal::intValueExact) }

    /** Returns the value of a NUMBER feature that is an integer of 64 bits. */
    override fun getLongEvaluation(key: String, defaultValue: Long?, ctx: EvaluationContext?): ProviderEvaluation<Long> =
        reader.read(key, ctx, "NUMBER") { integer(it, "64 bits: read it as a double", BigDecimal::longValueExact) }

    /** Returns the nearest double to the value of a NUMBER feature. */
    override fun getDoubleEvaluation(key: String, defaultValue: Double?, ctx: EvaluationContext?): ProviderEvaluation<Double> =
        reader.read(key, ctx, "NUMBER") { number(it).toDouble() }

    /** Returns the document of a JSON feature, which is an object or a list. */
    override fun getObjectEvaluation(key: String, defaultValue: Value?, ctx: EvaluationContext?): ProviderEvaluation<Value> =
        reader.read(key, ctx, "JSON") { structured(it as? String ?: throw notOfType("JSON")) }

    /** Reports an event to the observers of the client, with the values of all features for the context. */
    override fun track(eventName: String, context: EvaluationContext?, details: TrackingEventDetails?) {
        reader.record(eventName, context, details)
    }

    private fun number(value: Any): BigDecimal = value as? BigDecimal ?: throw notOfType("a number")

    private fun <T> integer(value: Any, size: String, convert: (BigDecimal) -> T): T =
        try {
            convert(number(value))
        } catch (_: ArithmeticException) {
            throw TypeMismatchError("the number is not an integer of $size")
        }

    private fun notOfType(type: String) = TypeMismatchError("the value is not $type")

    private companion object {
        /** Returns the name of the client's system, which has an attribute of its own for the key of a user. */
        fun nameOf(client: Client): String =
            when (client.userKeyAttribute) {
                "keyId" -> "featbit"
                "key" -> "featuresignals"
                else -> "featurehub"
            }
    }
}
