package fh.client.conformance

import fh.client.UsageEvent

/** Returns the members of a usage event. */
internal fun membersOf(event: UsageEvent): Map<String, Any?> {
    val members = mapOf("user_key" to event.userKey, "attributes" to event.attributes)
    if (event.kind == "evaluated") {
        val feature = event.features.first()
        val ofFeature = mapOf("feature" to feature.key, "value" to feature.text, "version" to feature.version)
        val ids = mapOf("id" to feature.id, "environment" to feature.environment, "strategy_id" to feature.strategyId)
        return members + mapOf("kind" to "feature") + ofFeature + ids
    }
    val texts = event.features.filter { it.text != null }.associate { it.key to it.text }
    val kind = if (event.kind == "collection") "collection" else event.name
    return members + mapOf("kind" to kind, "features" to texts, "params" to event.params)
}
