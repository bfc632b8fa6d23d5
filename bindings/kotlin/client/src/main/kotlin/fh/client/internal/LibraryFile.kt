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
     * Returns the fault of a file in the format ELF that has lost its end. The loader would map the missing part, and the process would end with
     * SIGBUS at its first use.
     */
    private fun incomplete(): String? {
        val header = ByteArray(ELF_HEADER)
        val size = Files.size(file)
        val read = Files.newInputStream(file).use { it.read(header) }
        val isElf = header.take(ELF.size) == ELF
        // The table of sections is at the end.
        val elf = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN)
        val needed = elf.getLong(0x28) + elf.getShort(0x3a) * elf.getShort(0x3c)
        return when {
            read < ELF_HEADER -> "it has $size bytes, and is no library"
            isElf && size < needed -> "it is incomplete: it has $size of $needed bytes"
            else -> null
        }
    }

    /** Returns the cause of the machine's error as a text. */
    fun causeOf(error: LinkageError): String =
        when {
            // The library looks its methods up when it is loaded.
            error is NoSuchMethodError || error is NoClassDefFoundError -> "it belongs to another version of the package: $error"
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
        val ELF: List<Byte> = listOf(0x7f, 'E'.code, 'L'.code, 'F'.code).map { it.toByte() }

        /** The length of the header of a library with 64 bits. */
        const val ELF_HEADER = 64
    }
}
