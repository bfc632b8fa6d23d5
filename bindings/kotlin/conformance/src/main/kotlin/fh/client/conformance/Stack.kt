package fh.client.conformance

import fh.client.http.HttpTransport
import fh.client.jdk.JdkTransport
import fh.client.okhttp.OkHttpTransport
import java.io.ByteArrayInputStream
import java.net.InetSocketAddress
import java.net.Proxy
import java.net.ProxySelector
import java.net.URI
import java.net.http.HttpClient
import java.security.KeyStore
import java.security.cert.CertificateFactory
import java.time.Duration
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory
import javax.net.ssl.X509TrustManager
import okhttp3.OkHttpClient

/** The settings that belong to the HTTP client of a program. */
internal class HttpSettings(command: Members) {
    val connectTimeout: Duration? = command.members("timeouts")?.millis("connect_ms")
    val proxy: InetSocketAddress? = command.text("proxy")?.let { URI(it) }?.let { InetSocketAddress(it.host, it.port) }
    val trust: X509TrustManager? = command.text("ca_pem")?.let(::trustManagerOf)

    /** True if the transport's own client has all settings. */
    val areUsual: Boolean get() = proxy == null && trust == null

    private fun trustManagerOf(pem: String): X509TrustManager {
        val store = KeyStore.getInstance(KeyStore.getDefaultType()).also { it.load(null) }
        val certificates = CertificateFactory.getInstance("X.509").generateCertificates(ByteArrayInputStream(pem.toByteArray()))
        certificates.forEachIndexed { at, certificate -> store.setCertificateEntry("ca$at", certificate) }
        val managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).also { it.init(store) }
        return managers.trustManagers.filterIsInstance<X509TrustManager>().first()
    }
}

/** The HTTP stack of the clients, with the capabilities that it lacks, each with the reason. */
internal enum class Stack(val cannot: Map<String, String>) {
    JDK(mapOf("http.connections" to "java.net.http keeps the connection of a poll for later requests of the program, which cannot close it")) {
        override fun transport(settings: HttpSettings): HttpTransport {
            if (settings.areUsual) return JdkTransport()
            val builder = HttpClient.newBuilder()
            settings.connectTimeout?.let { builder.connectTimeout(it) }
            settings.proxy?.let { builder.proxy(ProxySelector.of(it)) }
            settings.trust?.let { builder.sslContext(contextOf(it)) }
            return JdkTransport(builder.build())
        }
    },
    OKHTTP(emptyMap()) {
        override fun transport(settings: HttpSettings): HttpTransport {
            if (settings.areUsual) return OkHttpTransport()
            val builder = OkHttpClient.Builder()
            settings.proxy?.let { builder.proxy(Proxy(Proxy.Type.HTTP, it)) }
            settings.trust?.let { builder.sslSocketFactory(contextOf(it).socketFactory, it) }
            return OkHttpTransport(builder.build())
        }
    }, ;

    /** Returns a transport as a program makes it for these settings. */
    abstract fun transport(settings: HttpSettings): HttpTransport

    protected fun contextOf(trust: X509TrustManager): SSLContext =
        SSLContext.getInstance("TLS").also { it.init(null, arrayOf(trust), null) }
}
