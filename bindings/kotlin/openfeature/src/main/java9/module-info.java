/** The provider for OpenFeature's SDK. */
module fh.client.openfeature {
    requires transitive dev.openfeature.sdk;
    requires transitive fh.client;
    requires com.fasterxml.jackson.core;

    exports fh.client.openfeature;
}
