package fh.bench.engines

import fh.bench.Engine
import fh.bench.Payloads
import fh.bench.User
import fh.client.Context
import fh.client.FeatureHub
import fh.client.FetchMode

/** The package. */
internal class FhClient : Engine {
    private val client =
        FeatureHub.client("http://127.0.0.1:9", "bench/bench*key") {
            mode = FetchMode.OFFLINE
            bootstrap = Payloads.file("regex-featurehub.json").readText()
        }
    private lateinit var context: Context

    override fun plain(key: String): Boolean = client.boolean(key, false)

    override fun keep(user: User) {
        context =
            client.context(
                "userkey" to user.userkey,
                "country" to user.country,
                "version" to user.version,
                "email" to user.email,
                "plan" to user.plan,
            )
    }

    override fun inContext(key: String): Boolean = context.isEnabled(key)

    override fun build(user: User, key: String): Boolean =
        client.context("userkey" to user.userkey, "country" to user.country, "version" to user.version, "email" to user.email)
            .isEnabled(key)
}
