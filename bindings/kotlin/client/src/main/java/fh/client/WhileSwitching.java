package fh.client;

/** The values that a client serves while the Edge evaluates a changed context. */
public enum WhileSwitching {
    /** Reads for the new context have no values until the Edge has sent them. */
    HIDE,

    /** Reads have the values of the former context until then, which suits only programs with a single user. */
    KEEP,
}
