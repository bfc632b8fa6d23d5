package fh.client;

/** The system of a client's server. */
public enum FlagSystem {
    /** FeatureHub, whose servers are Edges. */
    FEATUREHUB,

    /** FeatBit. The client polls, because the package's transports open no WebSockets. */
    FEATBIT,

    /** FeatureSignals. Its server evaluates the flags for one context, unless the client has a ruleset. */
    FEATURESIGNALS,
}
