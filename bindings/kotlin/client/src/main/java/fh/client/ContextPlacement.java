package fh.client;

/** The part of a stream's request that carries the context of a server-evaluated key. */
public enum ContextPlacement {
    /** The context is sent in the header `x-featurehub`. */
    HEADER,

    /** The context is sent in the query of the URL. */
    QUERY,
}
