package fh.client.internal

import java.io.File
import java.io.IOException
import java.util.Locale

/** The platform of this process, as the package names the folders of its libraries. */
internal object Platform {
    /** Returns the name, such as `linux-x86_64`, `linux-aarch64-musl` or `macos-aarch64`. */
    fun name(): String {
        val libc = if (system() == "linux" && isMusl(File("/proc/self/maps"))) "-musl" else ""
        return "${system()}-${architecture()}$libc"
    }

    /** Returns true on Android, which installs the libraries of an app itself. Its name of the system is that of Linux. */
    fun isAndroid(): Boolean = System.getProperty("java.vm.name") == "Dalvik"

    private fun system(): String {
        val name = System.getProperty("os.name").lowercase(Locale.ROOT)
        return if (name.startsWith("mac")) "macos" else name
    }

    private fun architecture(): String =
        when (val name = System.getProperty("os.arch")) {
            "amd64", "x86-64" -> "x86_64"
            "arm64" -> "aarch64"
            else -> name
        }

    /**
     * Returns true if a process with these mappings uses musl. Its C library is a file with the name of the loader, or with a name that no
     * library of glibc has. The files of the system do not tell, because a system may have both C libraries.
     */
    fun isMusl(maps: File): Boolean =
        try {
            maps.useLines(Charsets.ISO_8859_1) { lines -> lines.map { it.substringAfterLast('/').substringBefore(' ') }.any { isMusl(it) } }
        } catch (_: IOException) {
            false
        }

    private fun isMusl(file: String) = file == "libc.so" || file.startsWith("ld-musl-")
}
