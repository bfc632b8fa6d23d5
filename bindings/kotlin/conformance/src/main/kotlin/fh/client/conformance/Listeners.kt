package fh.client.conformance

import fh.client.RawUpdate
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

private val RAW_KINDS = mapOf("list" to "features", "feature" to "feature", "delete" to "delete_feature")

/** A listener of the runner: its name, and its actions in each call. */
internal class Listener(private val client: AdapterClient, private val name: String, private val then: List<Members>) {
    /** Sends the event of a call, and performs the actions. Reads come first, because the event reports them. */
    fun call(members: Map<String, Any?>) {
        val millis = System.nanoTime() / 1e6
        val reads = then.filter { it.given("do") == "read" }.associate { it.given("feature") to valueOf(client, it) }
        val call = mapOf("client" to client.name, "listener" to name, "t_ms" to millis, "reads" to reads)
        Loop.event("called", call + members)
        then.forEach(::perform)
    }

    private fun perform(action: Members) {
        when (action.given("do")) {
            "throw" -> throw IllegalStateException("the listener $name throws")
            "sleep" -> Thread.sleep(action.given("ms").toDouble().toLong())
            "listen" -> listenToFeature(client, action)
            "unlisten" -> client.listeners.remove(action.given("listener"))
            "close" -> client.sdk.close()
            "evaluate" -> valueOf(client, action, action.map("context"))
        }
    }
}

/** Adds a listener. */
internal fun listen(client: AdapterClient, command: Members) {
    val on = command.text("on") ?: "feature"
    if (on == "feature") return listenToFeature(client, command)
    val (name, sdk) = command.given("listener") to client.sdk
    val listener = Listener(client, name, command.list("then"))
    client.listeners.add(name) {
        when (on) {
            "readiness" -> sdk.onReadiness { listener.call(mapOf("readiness" to it.name)) }
            "new_state" -> sdk.onNewState { listener.call(mapOf("held" to it.isHeld)) }
            "raw" -> sdk.onRaw { listener.call(membersOf(it)) }
            "usage" -> {
                client.reportsUsage = true
                sdk.observe({ events -> events.forEach { listener.call(membersOf(it)) } })
            }
            else -> throw Misuse("a listener cannot observe \"$on\"")
        }
    }
}

/** Adds a listener for changes of a feature. */
private fun listenToFeature(client: AdapterClient, command: Members) {
    val (name, feature) = command.given("listener") to command.given("feature")
    val listener = Listener(client, name, command.list("then"))
    val reads = client.reads(command.map("context"))
    client.listeners.add(name) {
        reads.onChange(feature) {
            val members = mapOf("feature" to it.key, "value" to it.new, "exists" to it.exists)
            listener.call(members + mapOf("locked" to it.isLocked, "version" to it.version))
        }
    }
}

private fun membersOf(update: RawUpdate): Map<String, Any?> {
    val features = HashMap<String, JsonElement>()
    collectFeatures(Json.parseToJsonElement(update.json), features)
    return mapOf("kind" to RAW_KINDS[update.kind], "source" to update.source, "features" to features)
}

/**
 * Adds the keys and versions of all features of an update: a feature, a list of features, or a list of environments. A feature without
 * version has version 0, because null would mean that the key is missing.
 */
private fun collectFeatures(json: JsonElement, features: MutableMap<String, JsonElement>) {
    if (json is JsonArray) json.forEach { collectFeatures(it, features) }
    if (json !is JsonObject) return
    val (nested, key) = json["features"] to json["key"]
    if (nested is JsonArray) {
        collectFeatures(nested, features)
    } else if (key is JsonPrimitive && key.isString) {
        features[key.content] = json["version"] ?: JsonPrimitive(0)
    }
}
