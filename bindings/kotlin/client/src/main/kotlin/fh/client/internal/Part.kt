package fh.client.internal

/** A function or an object of the program for a client, with its description. */
internal class Part(private val description: Map<String, Any?>, val callback: Callback? = null, private val target: Handle? = null) {
    internal companion object {
        /** Calls a function with the descriptions of parts, whose objects are reachable until it has returned. */
        fun <R> describe(parts: List<Part>, call: (List<String>) -> R): R =
            Handle.useAll(parts.map { it.target }) { numbers ->
                call(parts.zip(numbers) { part, number -> Json.write(if (number == null) part.description else part.description + ("object" to number)) })
            }
    }
}
