package fh.client

/** An operation of a client failed. */
public open class ClientException internal constructor(message: String) : Exception(message)

/** The client has no features, because the Edge refuses it, or because the time is over. */
public class NotReadyException internal constructor(
    message: String,
    /** The short name of the problem, such as `unauthorised` or `unreachable`; null if there is none. */
    public val problem: String?,
) : ClientException(message)

/** The client is closed. */
public class ClosedException internal constructor(message: String) : ClientException(message)

/** The Edge could not be reached, or its response was an error. */
public class EdgeException internal constructor(
    message: String,
    /** The short name of the problem, such as `unreachable`. */
    public val problem: String,
) : ClientException(message)

/** The Edge rejected a test update, or the client did not receive the change. */
public class RefusedException internal constructor(
    message: String,
    /** The reason, such as `locked`, `no_such_feature` or `not_permitted`. */
    public val reason: String,
    /** The HTTP status of the Edge's response; null if the Edge did not reject the update. */
    public val status: Int?,
) : ClientException(message)
