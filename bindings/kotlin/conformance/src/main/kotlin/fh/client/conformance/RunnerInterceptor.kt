package fh.client.conformance

import fh.client.Decision
import fh.client.InterceptedRead
import fh.client.Interceptor
import fh.client.LockPolicy

/** An interceptor of the runner. */
internal class RunnerInterceptor(private val command: Members) : Interceptor, AutoCloseable {
    private val feature = command.text("feature")
    private val value = command.value("value")

    override fun intercept(read: InterceptedRead): Decision {
        if (feature != null && feature != read.key) return Decision.CONTINUE
        check(!command.flag("throw")) { "the interceptor ${command.given("interceptor")} throws" }
        return value?.let { Decision.override(it) } ?: Decision.CONTINUE
    }

    override fun close() {
        val names = mapOf("client" to command.given("client"), "interceptor" to command.given("interceptor"))
        Loop.event("closed", names)
    }
}

/** Adds an interceptor. */
internal fun intercept(client: AdapterClient, command: Members) {
    val locks = if (command.flag("even_locked")) LockPolicy.OVERRIDE else LockPolicy.RESPECT
    client.interceptors.add(command.given("interceptor")) { client.sdk.intercept(RunnerInterceptor(command), locks) }
}
