package fh.client.conformance

import fh.client.Backoff
import fh.client.ClientSettings
import fh.client.ContextPlacement
import fh.client.FetchMode
import fh.client.Limits
import fh.client.LogLevel
import fh.client.Logs
import fh.client.WhileSwitching
import java.io.File
import java.time.Duration

private val MODES = mapOf(
    "stream" to FetchMode.STREAMING, "poll" to FetchMode.POLLING, "passive" to FetchMode.PASSIVE, "once" to FetchMode.ONCE,
)

/** The share of a delay after a refusal that is random: the client's own default. */
private const val REFUSED_JITTER = 0.5

/** Sets the settings of the operation `create`. */
internal fun ClientSettings.set(command: Members, stack: Stack) {
    if (command.flag("debug")) Logs.to(LogLevel.TRACE) { level, text -> System.err.println("$level $text") }
    transport = stack.transport(HttpSettings(command))
    mode = MODES.getValue(command.text("mode") ?: "stream")
    if (mode == FetchMode.POLLING || mode == FetchMode.PASSIVE) interval = command.millis("poll_ms")
    headers = command.map("headers")?.mapValues { it.value.toString() }
    context = command.map("context")
    snapshotFile = command.text("store")?.let(::fileOf)
    if (command.flag("context_in_query")) contextPlacement = ContextPlacement.QUERY
    if (command.flag("keep_values")) whileSwitching = WhileSwitching.KEEP
    if (command.flag("catch")) catchUpdates = true
    command.members("retry")?.let { setRetries(it) }
    backoffWhenRefused = command.members("refused")?.let { Backoff(it.millis("initial_ms"), it.millis("max_ms"), REFUSED_JITTER) }
    healthyAfter = command.millis("healthy_after_ms")
    limits = limitsOf(command)
}

private fun fileOf(path: String): String = if (File(path).isDirectory) File(path, "features.json").path else path

/** Sets the delays before retries. The client's other delays between requests are scaled by the same factor (D-64). */
private fun ClientSettings.setRetries(retry: Members) {
    val initial = retry.millis("initial_ms") ?: throw Misuse("the member `retry.initial_ms` is missing")
    backoff = Backoff(initial, retry.millis("max_ms"), retry.double("jitter") ?: 0.0)
    val factor = initial.toNanos().toDouble() / Duration.ofMillis(Defaults.RETRY_MILLIS).toNanos()
    fun Duration.scaled() = Duration.ofNanos((toNanos() * factor).toLong())
    pace = Duration.ofSeconds(1).scaled()
    streamAgainAfter = Duration.ofMinutes(10).scaled()
    returnWithin = Duration.ofMillis(100).scaled() to Duration.ofSeconds(1).scaled()
}

private fun limitsOf(command: Members): Limits =
    Limits().apply {
        val timeouts = command.members("timeouts")
        connect = timeouts?.millis("connect_ms")
        head = timeouts?.millis("head_ms")
        poll = timeouts?.millis("poll_ms")
        idle = timeouts?.millis("idle_ms")
        heldBack = timeouts?.millis("held_back_ms")
        bytes = command.text("max_bytes")?.toLong()
    }
