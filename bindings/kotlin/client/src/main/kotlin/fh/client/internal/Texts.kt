package fh.client.internal

/** Returns the text with U+FFFD in place of each surrogate without its other half, which UTF-8 cannot express. */
internal fun String.toWellFormed(): String {
    if (none { it.isSurrogate() }) return this
    val text = StringBuilder(length)
    var at = 0
    while (at < length) {
        val isPair = this[at].isHighSurrogate() && at + 1 < length && this[at + 1].isLowSurrogate()
        when {
            isPair -> text.append(this[at]).append(this[++at])
            this[at].isSurrogate() -> text.append('\uFFFD')
            else -> text.append(this[at])
        }
        at++
    }
    return text.toString()
}
