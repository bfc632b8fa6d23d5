package fh.client;

/** The set of rules by which a client evaluates features, for FeatureHub those of a client-evaluated key. */
public enum Profile {
    /** The rules of most client SDKs of FeatureHub. */
    CLIENT,

    /** The rules of FeatureHub's Edge. */
    EDGE,

    /** The rules of FeatBit's evaluation server. */
    SERVER,

    /** The rules of FeatBit's draft of a specification for SDKs. */
    DRAFT,
}
