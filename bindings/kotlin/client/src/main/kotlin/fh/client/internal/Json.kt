package fh.client.internal

/** JSON texts: writes settings, and reads what the native library writes. */
internal object Json {
    /**
     * Returns the JSON text of null, texts, numbers, booleans, lists and maps. A [SingleText] is a text.
     *
     * @throws IllegalArgumentException if a number is infinite or NaN. The text has the name of its member.
     */
    fun write(value: Any?): String = StringBuilder().also { it.add("value", value) }.toString()

    private fun StringBuilder.add(name: String, value: Any?) {
        when (value) {
            is Double, is Float -> {
                require((value as Number).toDouble().isFinite()) { "`$name` is $value: give a finite number" }
                append(value)
            }
            null, is Number, is Boolean -> append(value)
            is Map<*, *> -> joinIn('{', '}', value.entries) { (key, member) ->
                addText(key.toString())
                append(':')
                add(key.toString(), member)
            }
            is SingleText -> addText(value.text)
            is List<*> -> joinIn('[', ']', value) { add(name, it) }
            else -> addText(value.toString())
        }
    }

    private fun <T> StringBuilder.joinIn(begin: Char, end: Char, items: Collection<T>, add: (T) -> Unit) {
        append(begin)
        items.forEachIndexed { at, item ->
            if (at > 0) append(',')
            add(item)
        }
        append(end)
    }

    private fun StringBuilder.addText(text: String) {
        append('"')
        for (c in text) {
            when {
                c == '"' || c == '\\' -> append('\\').append(c)
                c < ' ' -> append("\\u%04x".format(c.code))
                else -> append(c)
            }
        }
        append('"')
    }

    /** Returns the value of a JSON text that the native library has written. Numbers are `BigDecimal`. */
    fun read(text: String): Any? = Reader(text).value()

    /** Returns the members of a JSON object that the native library has written. */
    @Suppress("UNCHECKED_CAST")
    fun members(text: String): Map<String, Any?> = read(text) as Map<String, Any?>

    private class Reader(private val text: String) {
        private var at = 0

        fun value(): Any? =
            when (next()) {
                '{' -> members()
                '[' -> items()
                '"' -> string()
                else -> word()
            }

        /** Skips white space, commas and colons, and returns the next character without reading it. */
        private fun next(): Char {
            while (text[at] in " \t\r\n,:") at++
            return text[at]
        }

        private fun members(): Map<String, Any?> {
            val members = LinkedHashMap<String, Any?>()
            at++
            while (next() != '}') {
                val name = string()
                members[name] = value()
            }
            at++
            return members
        }

        private fun items(): List<Any?> {
            val items = ArrayList<Any?>()
            at++
            while (next() != ']') items.add(value())
            at++
            return items
        }

        private fun string(): String {
            val found = StringBuilder()
            at++
            while (text[at] != '"') {
                if (text[at] != '\\') {
                    found.append(text[at++])
                    continue
                }
                when (val escaped = text[at + 1]) {
                    'u' -> {
                        found.append(text.substring(at + 2, at + 6).toInt(16).toChar())
                        at += 4
                    }
                    'n' -> found.append('\n')
                    't' -> found.append('\t')
                    'r' -> found.append('\r')
                    'b' -> found.append('\b')
                    'f' -> found.append('\u000c')
                    else -> found.append(escaped)
                }
                at += 2
            }
            at++
            return found.toString()
        }

        private fun word(): Any? {
            val begin = at
            while (at < text.length && text[at] !in ",]} \t\r\n") at++
            return when (val word = text.substring(begin, at)) {
                "null" -> null
                "true" -> true
                "false" -> false
                else -> numberOf(word)
            }
        }
    }
}
