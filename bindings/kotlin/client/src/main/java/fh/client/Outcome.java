package fh.client;

/** The outcome of a test update. */
public enum Outcome {
    /** The Edge has changed the feature. */
    ACCEPTED,

    /** The feature was so already. */
    UNCHANGED,
}
