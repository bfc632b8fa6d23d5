package fh.client;

/** Whether an override replaces the value of a locked feature. */
public enum IfLocked {
    /** A locked feature keeps its value. */
    KEEP,

    /** The override replaces the value of a locked feature, too. */
    OVERRIDE,
}
