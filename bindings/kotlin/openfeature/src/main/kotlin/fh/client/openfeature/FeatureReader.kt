package fh.client.openfeature

import dev.openfeature.sdk.EvaluationContext
import dev.openfeature.sdk.ImmutableMetadata
import dev.openfeature.sdk.ProviderEvaluation
import dev.openfeature.sdk.Reason
import dev.openfeature.sdk.TrackingEventDetails
import dev.openfeature.sdk.exceptions.FlagNotFoundError
import dev.openfeature.sdk.exceptions.GeneralError
import dev.openfeature.sdk.exceptions.InvalidContextError
import dev.openfeature.sdk.exceptions.ProviderNotReadyError
import dev.openfeature.sdk.exceptions.TargetingKeyMissingError
import dev.openfeature.sdk.exceptions.TypeMismatchError
import fh.client.Client
import fh.client.Context
import fh.client.Detail
import fh.client.Reads

/** Reads the features of a client for evaluation contexts. */
internal class FeatureReader(private val client: Client) {
    private val warnings = FieldWarnings()
    private val contexts = EvaluationContexts(client.userKeyAttribute, warnings)

    /**
     * Reads a feature as a type, and converts its value: a `Boolean`, a `String` or a `BigDecimal`; a JSON value is its text.
     *
     * @throws dev.openfeature.sdk.exceptions.OpenFeatureError if there is no value of this type
     */
    fun <T> read(key: String, context: EvaluationContext?, type: String, convert: (Any) -> T): ProviderEvaluation<T> {
        val own = contextOf(context)
        // With a server-evaluated key, a context without attributes reads the values of the context that was given to the client.
        val reads: Reads = if (own.attributes.isEmpty() && own.peek(key).reason in WITHOUT_FEATURES) client else own
        val detail = reads.detail(key, type)
        val reason = reasonOf(detail, type, reads)
        return ProviderEvaluation(convert(detail.value as Any), detail.strategyId ?: "default", reason, null, null, metadataOf(detail))
    }

    private fun contextOf(context: EvaluationContext?): Context {
        val attributes = contexts.attributesOf(context)
        return try {
            client.context(attributes)
        } catch (_: IllegalArgumentException) {
            // One wrong field must not turn the values of all features into defaults.
            client.context(attributes.filter { (name, value) -> isUsable(name, value) })
        }
    }

    private fun isUsable(name: String, value: Any): Boolean =
        try {
            client.context(name to value)
            true
        } catch (failure: IllegalArgumentException) {
            warnings.warn(name, failure.message)
            false
        }

    /** Reports an event with the values of all features for the context. An event that cannot be reported is logged. */
    fun record(name: String, context: EvaluationContext?, details: TrackingEventDetails?) {
        try {
            recordNow(name, context, contexts.paramsOf(details))
        } catch (failure: RuntimeException) {
            warnings.warn(name, failure.message)
        }
    }

    private fun recordNow(name: String, context: EvaluationContext?, params: Map<String, Any?>) {
        val own = contextOf(context)
        val key = client.keys.firstOrNull()
        val isEvaluated = key == null || own.attributes.isNotEmpty() || own.peek(key).reason !in WITHOUT_FEATURES
        (if (isEvaluated) own else client).record(name, params)
    }

    /** Returns OpenFeature's reason for a value, or throws the error if there is no value of this type. */
    private fun reasonOf(detail: Detail, type: String, reads: Reads): String {
        val isOfType = detail.kind == type || detail.reason == "INTERCEPTED"
        return when {
            detail.reason == NOT_READY -> throw ProviderNotReadyError("the client has no features yet")
            detail.reason == OTHER_CONTEXT ->
                throw InvalidContextError("the API key is server-evaluated, and this context was not given to the client with `setContext`")
            detail.reason == "NOT_FOUND" -> throw FlagNotFoundError("the feature does not exist")
            detail.reason == "TYPE_MISMATCH" && detail.interceptor != null ->
                throw TypeMismatchError("the override has another type than $type")
            detail.reason == "MALFORMED" && (reads as? Context)?.attributes.orEmpty().containsKey(client.userKeyAttribute) ->
                throw GeneralError("the flag is malformed for this user: `diagnostics` of the client may say why")
            detail.reason == "MALFORMED" ->
                throw TargetingKeyMissingError("a flag of FeatBit needs the key of a user: set the targeting key")
            !isOfType -> throw TypeMismatchError("the type of the feature is ${detail.kind ?: "unknown"}")
            detail.value == null -> throw FlagNotFoundError("the feature has no value")
            else -> REASONS[detail.reason] ?: Reason.UNKNOWN.name
        }
    }

    private fun metadataOf(detail: Detail): ImmutableMetadata {
        val metadata = ImmutableMetadata.builder()
        if (detail.exists) metadata.addLong("version", detail.version).addBoolean("locked", detail.isLocked)
        val texts = mapOf(
            "featureId" to detail.id,
            "environmentId" to detail.environment,
            "strategyId" to detail.strategyId,
            "overriddenBy" to detail.interceptor,
        ) + detail.properties.mapKeys { "property.${it.key}" }
        for ((name, text) in texts) if (text != null) metadata.addString(name, text)
        return metadata.build()
    }

    private companion object {
        const val NOT_READY = "NOT_READY"
        const val OTHER_CONTEXT = "OTHER_CONTEXT"

        /** The reasons of a client without features for the context. */
        val WITHOUT_FEATURES = setOf(NOT_READY, OTHER_CONTEXT)

        val REASONS = mapOf(
            "STRATEGY_MATCH" to Reason.TARGETING_MATCH.name,
            "SPLIT" to Reason.SPLIT.name,
            "DEFAULT" to Reason.DEFAULT.name,
            "STATIC" to Reason.STATIC.name,
            "OFF" to Reason.DISABLED.name,
            "TARGET" to Reason.TARGETING_MATCH.name,
            "VARIANT" to Reason.SPLIT.name,
            "EXCLUDED" to Reason.DISABLED.name,
            "PREREQUISITE_FAILED" to Reason.DISABLED.name,
            "INTERCEPTED" to "OVERRIDE",
        )
    }
}
