package fh.bench

import fh.bench.engines.ConfigCat
import fh.bench.engines.FeatureHubJava
import fh.bench.engines.FhClient
import fh.bench.engines.LaunchDarkly
import fh.bench.engines.Unleash

/** An SDK with the flags of the workload in memory. Each function is the call that a program writes. */
public interface Engine {
    /** Reads a flag without a user, if the SDK has such a call. */
    public fun plain(key: String): Boolean

    /** Builds the context of a user with all attributes, for [inContext]. */
    public fun keep(user: User)

    /** Reads a flag with the kept context. */
    public fun inContext(key: String): Boolean

    /** Builds a context of four attributes and reads a flag with it. */
    public fun build(user: User, key: String): Boolean

    public companion object {
        /** The name of the package, which is the first engine. */
        public const val OURS: String = "fh-client"

        private val all: Map<String, () -> Engine> =
            mapOf(
                OURS to ::FhClient,
                "java-client-core" to ::FeatureHubJava,
                "launchdarkly-java-server-sdk" to ::LaunchDarkly,
                "unleash-client-java" to ::Unleash,
                "configcat-java-client" to ::ConfigCat,
            )

        public val names: List<String> = all.keys.toList()

        /** Loads an engine. */
        @JvmStatic
        public fun of(name: String): Engine = all.getValue(name)()
    }
}
