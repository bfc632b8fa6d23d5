package fh.client.internal

import java.time.Duration
import java.time.Instant

/** The milliseconds of the duration. One of more than 292 million years is that long. */
internal val Duration.clampedMillis: Long get() = clamped(isNegative) { toMillis() }

/** The milliseconds of a time limit, of which a negative one has passed already. */
internal val Duration.limitMillis: Long get() = clampedMillis.coerceAtLeast(0)

/** The milliseconds since 1970. A time of more than 292 million years before or after is that one. */
internal val Instant.clampedMillis: Long get() = clamped(epochSecond < 0) { toEpochMilli() }

private inline fun clamped(isNegative: Boolean, millis: () -> Long): Long =
    try {
        millis()
    } catch (_: ArithmeticException) {
        if (isNegative) Long.MIN_VALUE else Long.MAX_VALUE
    }
