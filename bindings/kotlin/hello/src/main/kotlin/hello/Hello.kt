package hello

import fh.client.FeatureHub
import fh.client.NoticeListener
import java.time.Duration

/** Prints the value of a feature for a user or the reason why there is none, each change of it, and notices, until its input ends: `hello EDGE KEY FEATURE USER`. */
public fun main(arguments: Array<String>) {
    val (edge, key, feature, user) = arguments
    FeatureHub.client(edge, key) { onNotice = NoticeListener { println("notice: ${it.kind}") } }.use { client ->
        client.waitReady(Duration.ofSeconds(30))
        val context = client.context("userkey" to user)
        val detail = context.detail(feature)
        println("$feature for $user: ${detail.value ?: detail.reason}")
        context.onChange(feature) { println("$feature for $user: ${it.old} -> ${it.new}") }
        while (readlnOrNull() != null) {}
    }
}
