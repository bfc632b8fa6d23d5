package fh.client

import fh.client.http.HttpExchange
import fh.client.http.HttpRequest
import fh.client.http.HttpTransport
import java.time.Duration
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

const val KEY = "environment/secret-part*"
val PATIENCE: Duration = Duration.ofSeconds(60)

/** A transport whose requests the tests answer themselves. */
class ScriptedHttp : HttpTransport {
    private val requests = LinkedBlockingQueue<Pair<HttpRequest, HttpExchange>>()

    override fun send(request: HttpRequest, exchange: HttpExchange) {
        requests.add(request to exchange)
    }

    fun next(): Pair<HttpRequest, HttpExchange> =
        requests.poll(PATIENCE.seconds, TimeUnit.SECONDS) ?: throw AssertionError("no request came")

    /** Answers the next request with these features. */
    fun answer(vararg features: String): Unit = next().second.answer(*features)
}

/** Reports a complete response with these features. */
fun HttpExchange.answer(vararg features: String) {
    head(200, listOf("Content-Type" to "application/json"))
    piece("""[{"id": "environment", "features": [${features.joinToString()}]}]""".toByteArray())
    end()
}

/** Returns the JSON object of a feature. `value` is JSON. */
fun feature(key: String, type: String, value: String, more: String = ""): String =
    """{"id": ${quoted(key)}, "key": ${quoted(key)}, "version": 1, "type": "$type", "value": $value$more}"""

/** Returns a text as JSON. */
fun quoted(text: String): String =
    text.map { if (it in ' '..'~' && it != '"' && it != '\\') "$it" else "\\u%04x".format(it.code) }
        .joinToString("", "\"", "\"")

/** Returns a client that has polled these features once. */
fun polled(vararg features: String): Client {
    val http = ScriptedHttp()
    val client = FeatureHub.client("https://edge.example", KEY) {
        mode = FetchMode.ONCE
        transport = http
    }
    http.answer(*features)
    client.waitReady(PATIENCE)
    return client
}
