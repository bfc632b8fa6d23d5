package fh.bench.engines

import com.launchdarkly.sdk.LDContext
import com.launchdarkly.sdk.server.Components
import com.launchdarkly.sdk.server.LDClient
import com.launchdarkly.sdk.server.LDConfig
import com.launchdarkly.sdk.server.integrations.FileData
import fh.bench.Engine
import fh.bench.Payloads
import fh.bench.User
import java.io.File

/** LaunchDarkly's SDK with a file of flags. It sends no events. All its reads take a context. */
internal class LaunchDarkly : Engine {
    private val client = LDClient("sdk-bench", settings())
    private lateinit var context: LDContext

    override fun plain(key: String): Boolean = inContext(key)

    override fun keep(user: User) {
        context =
            LDContext.builder(user.userkey)
                .set("country", user.country)
                .set("version", user.version)
                .set("email", user.email)
                .set("plan", user.plan)
                .build()
    }

    override fun inContext(key: String): Boolean = client.boolVariation(key, context, false)

    override fun build(user: User, key: String): Boolean {
        val context =
            LDContext.builder(user.userkey)
                .set("country", user.country)
                .set("version", user.version)
                .set("email", user.email)
                .build()
        return client.boolVariation(key, context, false)
    }

    private fun settings(): LDConfig {
        val flags = Payloads.file("regex-launchdarkly.json").readText()
        val file = File.createTempFile("launchdarkly", ".json")
        file.deleteOnExit()
        file.writeText("""{"flags":$flags}""")
        return LDConfig.Builder()
            .dataSource(FileData.dataSource().filePaths(file.path))
            .events(Components.noEvents())
            .logging(Components.noLogging())
            .build()
    }
}
