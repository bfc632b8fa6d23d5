/** The transport over OkHttp. */
module fh.client.okhttp {
    requires transitive fh.client;
    requires transitive okhttp3;

    exports fh.client.okhttp;

    provides fh.client.http.HttpTransport with
        fh.client.okhttp.OkHttpTransport;
}
