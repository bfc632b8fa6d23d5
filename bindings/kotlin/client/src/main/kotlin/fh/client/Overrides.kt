package fh.client

import fh.client.internal.NativeObject
import fh.client.internal.clampedMillis
import fh.client.internal.valueOf
import fh.client.internal.written
import java.time.Instant

/** Overrides of values that a program has outside the client. Several clients can use them. */
public sealed class Overrides(internal val native: NativeObject, internal val locks: LockPolicy)

/**
 * Overrides in memory, which a program sets and deletes, for example for testers who try a feature out. Listeners are notified of the changes.
 * A value that does not fit the type of its feature has no effect, and a notice says so.
 */
public class MemoryOverrides : Overrides(NativeObject(mapOf("new" to "overrides")), LockPolicy.DECIDE) {
    /** Overrides a feature, which need not exist. A value is a `Boolean`, a `String`, a number, or null for no value; JSON is its text. */
    @JvmOverloads
    public fun set(key: String, value: Any?, ifLocked: IfLocked = IfLocked.KEEP) {
        native.perform("set", "key" to key, "value" to written(value), "ifLocked" to ifLocked.name.lowercase())
    }

    /** Ends the override of a feature. */
    public fun delete(key: String) {
        native.perform("delete", "key" to key)
    }

    /** Ends all overrides. */
    public fun clear() {
        native.perform("clear")
    }

    /** Returns the overrides by their keys. */
    public fun entries(): Map<String, MemoryOverride> =
        (native.perform("entries") as Map<*, *>).entries.associate { (key, entry) -> key.toString() to MemoryOverride(entry as Map<*, *>) }
}

/** The override of one feature. */
public class MemoryOverride internal constructor(members: Map<*, *>) {
    /** The value as a `Boolean`, a `String` or a `BigDecimal`; null if reads have no value. */
    public val value: Any? = valueOf(members["value"])

    /** Whether the override replaces the value of a locked feature. */
    public val ifLocked: IfLocked = IfLocked.valueOf(members["ifLocked"].toString().uppercase())
}

/**
 * Overrides from the member `flagValues` of a YAML file, which clients watch. Without a path, the environment variable
 * `FEATUREHUB_LOCAL_YAML` names the file, or it is `featurehub-features.yaml`.
 */
public class YamlOverrides @JvmOverloads constructor(path: String? = null) :
    Overrides(NativeObject(mapOf("new" to "yaml", "path" to path)), LockPolicy.RESPECT) {
        /** The reason why the version of the file that was read last is not in use; null if it is. */
        public val problem: String? get() = native.perform("problem")?.toString()
    }

/**
 * Overrides from the environment variables `FEATUREHUB_FEATURE_KEY` and `FEATUREHUB_KEY`, read now. They have an effect only if
 * `FEATUREHUB_OVERRIDE_FEATURES` is `true`.
 */
public class EnvironmentOverrides : Overrides(NativeObject(mapOf("new" to "environment")), LockPolicy.RESPECT) {
    /** True if `FEATUREHUB_OVERRIDE_FEATURES` is `true`. */
    public val isOn: Boolean get() = native.perform("isOn") as Boolean
}

/** A time of day that stands still until the program sets it, for tests. */
public class Clock(now: Instant) {
    internal val native = NativeObject(mapOf("new" to "clock", "millis" to now.clampedMillis))

    /** The time. Setting it calls no listener, because the passing of time starts no comparison. */
    public var now: Instant
        get() = Instant.ofEpochMilli(native.perform("now").toString().toLong())
        set(now) {
            native.perform("set", "millis" to now.clampedMillis)
        }
}
