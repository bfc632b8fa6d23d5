/** The transport over {@code java.net.http}. */
module fh.client.jdk {
    requires transitive fh.client;
    requires transitive java.net.http;

    exports fh.client.jdk;

    provides fh.client.http.HttpTransport with
        fh.client.jdk.JdkTransport;
}
