package fh.client;

/** The way in which a client fetches features. */
public enum FetchMode {
    /** The client keeps one stream open, and polls while the Edge cannot stream. */
    STREAMING,

    /** The client polls at the start, and again after each interval. */
    POLLING,

    /** The client polls at the start, and again at the first read after the interval. Only for FeatureHub. */
    PASSIVE,

    /** The client polls once. Not for FeatBit. */
    ONCE,

    /** The client sends no requests. */
    OFFLINE,
}
