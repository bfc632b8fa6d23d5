package fh.client.openfeature

import java.util.logging.Logger

/** The warnings of one provider about fields that it leaves out: one for each name, and at most 20. */
internal class FieldWarnings {
    private val names = HashSet<String>()

    @Synchronized
    fun warn(name: String, why: String?) {
        if (names.size < MOST_WARNINGS && names.add(name)) LOGGER.warning("OpenFeature: \"$name\" is left out: $why")
    }

    private companion object {
        const val MOST_WARNINGS = 20
        val LOGGER: Logger = Logger.getLogger("fh.client.openfeature")
    }
}
