package fh.client.internal

import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.Paths
import java.util.zip.CRC32

/**
 * The native library, which is unpacked from the package, or is a file that the program names. Each class loader loads a copy of its own,
 * because the machine loads a file only once.
 */
internal object Library {
    /** The system property that names the file of the library. */
    private const val PROPERTY = "fh.client.library"

    private const val NAME = "fh_jni"

    /**
     * The reason why the library cannot be used. The object keeps it for later calls. If its initialization failed, they would get a
     * `NoClassDefFoundError` without the reason.
     */
    private val failure: Throwable? = failureOfLoad()

    /**
     * Returns once the library is loaded. Each native function of the package needs it.
     *
     * @throws UnsatisfiedLinkError if it cannot be loaded. The text names the file, the cause and the setting.
     */
    fun ensureLoaded() {
        failure?.let { throw UnsatisfiedLinkError(it.message).initCause(it) }
    }

    private fun failureOfLoad(): Throwable? =
        try {
            load()
            null
        } catch (error: LinkageError) {
            error
        } catch (error: Exception) {
            error
        }

    private fun load() {
        if (Platform.isAndroid()) return loadInstalled()
        val named = System.getProperty(PROPERTY)
        if (named.isNullOrEmpty()) return loadUnpacked()
        val advice = "set -D$PROPERTY to a library of this version, or leave it out for the one in the package"
        load(Paths.get(named).toAbsolutePath(), advice)
    }

    /** Loads the library that Android has installed with the app. */
    private fun loadInstalled() {
        val advice = "add the package fh-client-android, which has it for arm64-v8a, armeabi-v7a and x86_64"
        try {
            System.loadLibrary(NAME)
        } catch (error: LinkageError) {
            throw failed("the native library of the app cannot be loaded: ${error.message}", advice)
        }
        checkVersion("the library of the app", "use the classes and the library of the same version of fh-client-android")
    }

    /** Writes the library of this platform into a private folder, and loads it. */
    private fun loadUnpacked() {
        val platform = Platform.name()
        val name = "fh/native/$platform/${System.mapLibraryName(NAME)}"
        val bytes = resource(name)
            ?: throw failed("the package has no native library for $platform ($name)", "set -D$PROPERTY to one that is built for it")
        // In a new machine, a cryptographic digest of the file takes 60 ms.
        val digest = CRC32().apply { update(bytes) }.value.toString(16)
        val temporary = Paths.get(System.getProperty("java.io.tmpdir"))
        val advice = "set -Djava.io.tmpdir to a folder in which files are written and loaded, or -D$PROPERTY to the library's file"
        val folder = try {
            // Only the user can enter the folder.
            Files.createTempDirectory(temporary, "fh-client-$digest-")
        } catch (error: IOException) {
            throw failed("the native library cannot be unpacked into a folder of $temporary: $error", advice)
        }
        val file = folder.resolve(System.mapLibraryName(NAME))
        try {
            Files.write(file, bytes)
            load(file, advice)
        } catch (error: IOException) {
            throw failed("the native library cannot be unpacked into $file: $error", advice)
        } finally {
            // A library in memory does not need its file.
            file.toFile().delete()
            folder.toFile().delete()
        }
    }

    private fun load(file: Path, advice: String) {
        LibraryFile(file).fault()?.let { throw failed("the native library $file cannot be loaded: $it", advice) }
        try {
            System.load(file.toString())
        } catch (error: LinkageError) {
            throw failed("the native library $file cannot be loaded: ${LibraryFile(file).causeOf(error)}", advice)
        }
        checkVersion("the file $file", advice)
    }

    private fun checkVersion(library: String, advice: String) {
        val expected = resource("fh/native/version")?.toString(Charsets.UTF_8)?.trim()?.removeSuffix("-SNAPSHOT")
        val found = try {
            Bridge.version()
        } catch (_: UnsatisfiedLinkError) {
            throw failed("$library is not the native library of fh-client $expected", advice)
        }
        if (found != expected) {
            throw failed("$library has the version $found, and the package has the version $expected", advice)
        }
    }

    private fun resource(name: String): ByteArray? = Library::class.java.getResourceAsStream("/$name")?.use { it.readBytes() }

    private fun failed(what: String, advice: String) = UnsatisfiedLinkError("$what: $advice")
}
