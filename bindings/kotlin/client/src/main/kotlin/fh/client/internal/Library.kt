package fh.client.internal

import java.io.File
import java.io.IOException
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.Path
import java.security.MessageDigest
import java.util.Locale

/** The native library, which is unpacked from the package, or is a file that the program names. */
internal object Library {
    /** The system property that names the file of the library. */
    private const val PROPERTY = "fh.client.library"

    init {
        load()
    }

    /** Loads the library, once. */
    fun ensureLoaded() = Unit

    private fun load() {
        val named = System.getProperty(PROPERTY)
        val file = if (named.isNullOrEmpty()) unpacked() else File(named)
        try {
            System.load(file.absolutePath)
        } catch (error: LinkageError) {
            val advice = "set -D$PROPERTY=PATH to a file of the library in a folder from which programs may be loaded"
            throw UnsatisfiedLinkError("the native library ${file.absolutePath} cannot be loaded: ${error.message}: $advice")
        }
    }

    /** Writes the library of this platform into a private folder, and returns the file. */
    private fun unpacked(): File {
        val platform = "${system()}-${architecture()}"
        val name = "fh/native/$platform/${System.mapLibraryName("fh_jni")}"
        val found: InputStream? = Library::class.java.classLoader.getResourceAsStream(name)
        val advice = "set -D$PROPERTY=PATH to a library that is built for it"
        if (found == null) throw UnsatisfiedLinkError("the package has no native library for $platform ($name): $advice")
        val bytes = found.use { it.readBytes() }
        val digest = MessageDigest.getInstance("SHA-256").digest(bytes).take(8).joinToString("") { "%02x".format(it) }
        try {
            // A folder for each process and class loader: Java loads a file once.
            val folder: Path = Files.createTempDirectory("fh-client-$digest-")
            val file = folder.resolve(System.mapLibraryName("fh_jni"))
            Files.write(file, bytes)
            file.toFile().deleteOnExit()
            folder.toFile().deleteOnExit()
            return file.toFile()
        } catch (error: IOException) {
            val where = System.getProperty("java.io.tmpdir")
            throw UnsatisfiedLinkError("the native library cannot be written into a folder of $where: $error: set -D$PROPERTY=PATH to its file, or -Djava.io.tmpdir")
        }
    }

    private fun system(): String {
        val name = System.getProperty("os.name").lowercase(Locale.ROOT)
        return when {
            name.startsWith("mac") -> "macos"
            name.startsWith("windows") -> "windows"
            else -> name
        }
    }

    private fun architecture(): String =
        when (val name = System.getProperty("os.arch")) {
            "amd64", "x86-64" -> "x86_64"
            "arm64" -> "aarch64"
            else -> name
        }
}
