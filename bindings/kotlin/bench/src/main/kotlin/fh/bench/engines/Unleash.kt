package fh.bench.engines

import fh.bench.Engine
import fh.bench.Payloads
import fh.bench.User
import io.getunleash.DefaultUnleash
import io.getunleash.UnleashContext
import io.getunleash.event.ClientFeaturesResponse
import io.getunleash.repository.FeatureFetcher
import io.getunleash.util.UnleashConfig
import java.io.File
import java.util.Optional

/** Unleash's SDK with a bootstrap provider. It sends no metrics, but counts uses. */
internal class Unleash : Engine {
    private val client = DefaultUnleash(settings())
    private lateinit var context: UnleashContext

    override fun plain(key: String): Boolean = client.isEnabled(key)

    override fun keep(user: User) {
        context = builder(user).addProperty("plan", user.plan).build()
    }

    override fun inContext(key: String): Boolean = client.isEnabled(key, context)

    override fun build(user: User, key: String): Boolean = client.isEnabled(key, builder(user).build())

    private fun builder(user: User): UnleashContext.Builder =
        UnleashContext.builder()
            .userId(user.userkey)
            .addProperty("country", user.country)
            .addProperty("version", user.version)
            .addProperty("email", user.email)

    private fun settings(): UnleashConfig {
        val flags = Payloads.file("regex-unleash.json").readText()
        val backup = File.createTempFile("unleash", ".json")
        backup.delete()
        return UnleashConfig.builder()
            .appName("bench")
            .unleashAPI("http://127.0.0.1:9")
            .apiKey("bench")
            .backupFile(backup.path)
            .toggleBootstrapProvider { Optional.of(flags) }
            .unleashFeatureFetcherFactory { FeatureFetcher { ClientFeaturesResponse.notChanged() } }
            .disablePolling()
            .disableMetrics()
            .build()
    }
}
