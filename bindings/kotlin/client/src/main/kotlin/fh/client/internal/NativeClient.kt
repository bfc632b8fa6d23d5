package fh.client.internal

import java.util.concurrent.CompletableFuture
import kotlin.collections.listOf

/**
 * The client of the native library. Its functions are methods of the object, so that the object is reachable until each of them has returned.
 * The native memory is freed after the object was collected.
 */
internal class NativeClient private constructor(private val address: Long) {
    init {
        freeLater(this, address)
    }

    /** Starts a client with the functions and the objects of the program. */
    constructor(settings: String, http: Any?, parts: List<Part>) : this(begun(settings, http, parts))

    /** Starts a client with the same settings, and with a context of its own at the Edge. */
    fun isolated(attributes: GivenAttributes): NativeClient = NativeClient(isolated(address, attributes.values, attributes.form, attributes.nameTexts))

    /** The numbers of keys. The library takes a key with the number -1 itself. */
    private val keys = Numbered { numberKey(address, it) }

    fun boolean(key: String, context: GivenAttributes?): Int = read(key, context, ::readBoolean)

    fun double(key: String, context: GivenAttributes?): Double = read(key, context, ::readDouble)

    fun decimal(key: String, context: GivenAttributes?): String? = read(key, context, ::readNumber)

    fun string(key: String, context: GivenAttributes?): String? = read(key, context, ::readString)

    fun json(key: String, context: GivenAttributes?): String? = read(key, context, ::readJson)

    fun detail(key: String, context: GivenAttributes?): String = read(key, context, ::readDetail)

    fun explanation(key: String, context: GivenAttributes?): String = read(key, context, ::explain)

    /** Calls the function of the library for a type of values, with a key and what it needs of a context. */
    private inline fun <R> read(
        key: String,
        context: GivenAttributes?,
        read: (Long, Int, String?, Long, Array<out Any?>?, Int, Array<String>?) -> R,
    ): R {
        val number = keys.number(key)
        val name = if (number < 0) key else null
        if (context == null) return read(address, number, name, 0, null, 0, null)
        return read(address, number, name, context.number, context.values, context.form, context.nameTexts)
    }

    /** Forgets what the program has given to the client, after its end. It may refer to this object, which would never be collected. */
    fun end() {
        end(address)
        Collected.endIfIdle()
    }

    /** Performs an operation, and returns its result. */
    fun perform(operation: String, vararg members: Pair<String, Any?>): Any? =
        answerOf(perform(address, Json.write(mapOf("do" to operation, *members))))

    /** Begins an operation that ends later. */
    fun <T> begin(operation: String, vararg members: Pair<String, Any?>, convert: (Any?) -> T): CompletableFuture<T> =
        later({ begin(address, Json.write(mapOf("do" to operation, *members)), it) }, convert)

    /** Registers a function or an object, and returns the number of its registration. */
    fun register(part: Part): Long = Part.describe(listOf(part)) { register(address, it.first(), part.callback) }

    private external fun numberKey(client: Long, key: String): Int

    private external fun readBoolean(client: Long, key: Int, name: String?, context: Long, values: Array<out Any?>?, form: Int, names: Array<String>?): Int

    private external fun readDouble(client: Long, key: Int, name: String?, context: Long, values: Array<out Any?>?, form: Int, names: Array<String>?): Double

    private external fun readNumber(client: Long, key: Int, name: String?, context: Long, values: Array<out Any?>?, form: Int, names: Array<String>?): String?

    private external fun readString(client: Long, key: Int, name: String?, context: Long, values: Array<out Any?>?, form: Int, names: Array<String>?): String?

    private external fun readJson(client: Long, key: Int, name: String?, context: Long, values: Array<out Any?>?, form: Int, names: Array<String>?): String?

    private external fun readDetail(client: Long, key: Int, name: String?, context: Long, values: Array<out Any?>?, form: Int, names: Array<String>?): String

    private external fun explain(client: Long, key: Int, name: String?, context: Long, values: Array<out Any?>?, form: Int, names: Array<String>?): String

    private external fun end(client: Long)

    private external fun perform(client: Long, request: String): String

    private external fun begin(client: Long, request: String, done: Callback): Long

    private external fun register(client: Long, part: String, callback: Callback?): Long

    private external fun isolated(client: Long, values: Array<out Any?>, form: Int, names: Array<String>): Long

    private companion object {
        fun begun(settings: String, http: Any?, parts: List<Part>): Long {
            Library.ensureLoaded()
            val callbacks = parts.mapNotNull { it.callback }.toTypedArray()
            return Part.describe(parts) { start(settings, http, it.toTypedArray(), callbacks) }
        }

        fun freeLater(of: NativeClient, address: Long) = Collected.after(of) { free(address) }

        @JvmStatic
        external fun start(settings: String, http: Any?, parts: Array<String>, callbacks: Array<Callback>): Long

        @JvmStatic
        external fun free(client: Long)
    }
}
