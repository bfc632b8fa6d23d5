package fh.bench.engines

import com.configcat.ConfigCache
import com.configcat.ConfigCatClient
import com.configcat.PollingModes
import com.configcat.User as ConfigCatUser
import fh.bench.Engine
import fh.bench.Payloads
import fh.bench.User

/** ConfigCat's SDK with a cache that holds the flags. It has no regular expressions, so its rules compare suffixes. */
internal class ConfigCat : Engine {
    private val client =
        ConfigCatClient.get("configcat-sdk-1/0123456789abcdefghijkl/0123456789abcdefghijkl") {
            it.pollingMode(PollingModes.manualPoll())
            it.offline(true)
            it.cache(Given(Payloads.file("suffix-configcat.json").readText()))
        }
    private lateinit var user: ConfigCatUser

    override fun plain(key: String): Boolean = client.getValue(Boolean::class.javaObjectType, key, false)

    override fun keep(user: User) {
        this.user = userOf(user, mapOf("Version" to user.version, "Plan" to user.plan))
    }

    override fun inContext(key: String): Boolean = client.getValue(Boolean::class.javaObjectType, key, user, false)

    override fun build(user: User, key: String): Boolean =
        client.getValue(Boolean::class.javaObjectType, key, userOf(user, mapOf("Version" to user.version)), false)

    private fun userOf(user: User, custom: Map<String, Any>): ConfigCatUser =
        ConfigCatUser.newBuilder().email(user.email).country(user.country).custom(custom).build(user.userkey)

    /** A cache that always has the flags. */
    private class Given(flags: String) : ConfigCache() {
        private val entry = "1767225600000\netag\n$flags"

        override fun read(key: String): String = entry

        override fun write(key: String, value: String) = Unit
    }
}
