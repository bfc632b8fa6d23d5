package hello

import fh.client.FeatureHub
import java.time.Duration

/** Prints the value of a feature for a user, and each change of it, until its input ends: `hello EDGE KEY FEATURE USER`. */
public fun main(arguments: Array<String>) {
    val (edge, key, feature, user) = arguments
    FeatureHub.client(edge, key).use { client ->
        client.waitReady(Duration.ofSeconds(30))
        val context = client.context("userkey" to user)
        println("$feature for $user: ${context.string(feature)}")
        context.onChange(feature) { println("$feature for $user: ${it.old} -> ${it.new}") }
        while (readlnOrNull() != null) {}
    }
}
