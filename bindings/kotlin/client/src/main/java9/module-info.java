/** The client of FeatureHub, FeatBit and FeatureSignals. */
module fh.client {
    requires transitive kotlin.stdlib;
    requires transitive kotlinx.coroutines.core;
    requires java.logging;

    exports fh.client;
    exports fh.client.http;
    exports fh.client.testing;

    uses fh.client.http.HttpTransport;
}
