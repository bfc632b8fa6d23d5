package fh.bench.engines

import fh.bench.Engine
import fh.bench.Payloads
import fh.bench.User
import io.featurehub.client.ClientContext
import io.featurehub.client.ClientFeatureRepository
import io.featurehub.client.EdgeFeatureHubConfig
import io.featurehub.client.EdgeService
import io.featurehub.client.FeatureHubConfig
import io.featurehub.client.Readyness
import io.featurehub.sse.model.SSEResultState
import io.featurehub.sse.model.StrategyAttributeCountryName
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Future

/** FeatureHub's SDK. Contexts are not finished with `build()`, which would only poll the Edge. */
internal class FeatureHubJava : Engine {
    private val repository = ClientFeatureRepository(1)
    private val config = EdgeFeatureHubConfig("http://127.0.0.1:9", "bench/bench*key")
    private val edge = NoEdge(config)
    private lateinit var context: ClientContext

    init {
        // The SDK fails if a strategy has no list of attributes for its percentage, and its patterns match whole texts.
        val features =
            Payloads.file("regex-featurehub.json").readText()
                .replace("\"attributes\":[", "\"percentageAttributes\":[],\"attributes\":[")
                .replace("[\"@team-", "[\".*@team-")
        repository.notify(SSEResultState.FEATURES, features)
    }

    override fun plain(key: String): Boolean = repository.getFeatureState(key).isEnabled

    override fun keep(user: User) {
        context = contextOf(user).attr("plan", user.plan)
    }

    override fun inContext(key: String): Boolean = context.isEnabled(key)

    override fun build(user: User, key: String): Boolean = contextOf(user).isEnabled(key)

    private fun contextOf(user: User): ClientContext =
        config.newContext(repository) { edge }
            .userKey(user.userkey)
            .country(StrategyAttributeCountryName.fromValue(user.country))
            .version(user.version)
            .attr("email", user.email)

    private class NoEdge(private val config: FeatureHubConfig) : EdgeService {
        override fun contextChange(header: String?, contextSha: String?): Future<Readyness> =
            CompletableFuture.completedFuture(Readyness.Ready)

        override fun isClientEvaluation(): Boolean = true

        override fun close() = Unit

        override fun getConfig(): FeatureHubConfig = config

        override fun isRequiresReplacementOnHeaderChange(): Boolean = false

        override fun poll() = Unit
    }
}
