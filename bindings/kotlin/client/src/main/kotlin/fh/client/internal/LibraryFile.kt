package fh.client.internal

import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import java.nio.file.Path

/** A file of a native library, and what prevents it from being loaded. */
internal class LibraryFile(private val file: Path) {
    /** Returns what is wrong with the file before it is loaded, or null. */
    fun fault(): String? =
        when {
            !Files.exists(file) -> "there is no such file"
            !Files.isRegularFile(file) -> "it is not a file"
            else -> incomplete()
        }

    /**
     * Returns the fault of a file in the format ELF that has lost its end. The first use of the missing part would end the process with
     * SIGBUS.
     */
    private fun incomplete(): String? {
        val size = Files.size(file)
        if (size < HEADER) return "it has $size bytes, and is no library"
        val header = ByteArray(HEADER)
        Files.newInputStream(file).use { it.read(header) }
        val elf = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN)
        if (elf.getInt(0) != ELF) return null
        // The table of sections is at the end: its place, and the size and the number of its entries.
        val end = elf.getLong(0x28) + elf.getShort(0x3a) * elf.getShort(0x3c)
        return if (size < end) "it is incomplete: it has $size of $end bytes" else null
    }

    /** Returns the cause of the machine's error as a text. */
    fun causeOf(error: LinkageError): String =
        when {
            // The library looks its methods up when it is loaded.
            error is NoSuchMethodError || error is NoClassDefFoundError ->
                "it does not fit the classes of the package, which have another version or were renamed: $error"
            isNoexec() -> "its file system is mounted with noexec: ${error.message}"
            else -> error.message ?: error.toString()
        }

    /** Returns true if Linux has mounted the file's file system so that no code of it can be used. */
    private fun isNoexec(): Boolean {
        val mounts = try {
            File("/proc/self/mounts").readLines().map { it.split(' ') }
        } catch (_: IOException) {
            return false
        }
        val real = file.toRealPath()
        // The last one of several mounts at the same place is in force.
        val mount = mounts.reversed().filter { real.startsWith(it[1]) }.maxByOrNull { it[1].length }
        return mount != null && "noexec" in mount[3].split(',')
    }

    private companion object {
        /** The length of the header of a library for 64 bits. */
        const val HEADER = 64

        /** The first four bytes of a file in the format ELF, from the last one on. */
        const val ELF = 0x464c457f
    }
}
