package fh.client.okhttp

import fh.client.http.HttpRequest
import okhttp3.Headers
import okhttp3.HttpUrl.Companion.toHttpUrlOrNull
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody

/**
 * Returns the request of OkHttp.
 *
 * @throws IllegalArgumentException if OkHttp cannot send it. The text contains neither the URL nor the value of a header.
 */
internal fun HttpRequest.toOkHttp(): Request {
    val address = requireNotNull(url.toHttpUrlOrNull()) { "OkHttp does not accept the URL" }
    val isStream = headers.any { (name, value) -> name.equals("accept", ignoreCase = true) && value == "text/event-stream" }
    val fields = Headers.Builder()
    for ((name, value) in headers) {
        require(value.none { it < ' ' && it != '\t' || it == '\u007f' }) { "the header $name has a control character" }
        // OkHttp sends it in UTF-8, as the client of Rust does.
        fields.addUnsafeNonAscii(name, value)
    }
    // A proxy that compresses a stream delays its events.
    fields["Accept-Encoding"] = if (isStream) "identity" else "gzip"
    val content = body ?: ByteArray(0).takeUnless { method == "GET" }
    return Request.Builder().url(address).headers(fields.build()).method(method, content?.toRequestBody()).build()
}
