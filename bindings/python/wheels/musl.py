"""Load the native module of a wheel with musl's loader, which must resolve every symbol.

The program that loads the module is linked with musl, and defines the symbols of CPython, because there is no CPython that is linked
with musl. All other symbols must be those of musl itself.

``python musl.py --folder FOLDER WHEEL``
"""

from __future__ import annotations

import argparse
import io
import pathlib
import subprocess
import zipfile

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

PROGRAM = """
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **arguments) {
    void *module = dlopen(arguments[1], RTLD_NOW);
    if (!module || !dlsym(module, "PyInit__native")) {
        fprintf(stderr, "%s\\n", dlerror());
        return 1;
    }
    return 0;
}
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True, type=pathlib.Path)
    parser.add_argument("wheel", type=pathlib.Path)
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".so")]
        library = archive.read(name)
    folder: pathlib.Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    module, source, program = folder / "_native.abi3.so", folder / "load.c", folder / "load"
    module.write_bytes(library)
    of_python = _symbols_of_python(library)
    source.write_text(PROGRAM + "".join(f"char {symbol}[4096];\n" for symbol in of_python))
    subprocess.run(["musl-gcc", "-rdynamic", "-w", "-o", program, source], check=True)
    subprocess.run([program, module], check=True)
    print(f"    musl's loader has loaded {arguments.wheel.name}, with {len(of_python)} symbols of CPython in the program")


def _symbols_of_python(library: bytes) -> list[str]:
    table = ELFFile(io.BytesIO(library)).get_section_by_name(".dynsym")
    if not isinstance(table, SymbolTableSection):
        raise ValueError("the library has no dynamic symbols")
    undefined = {symbol.name for symbol in table.iter_symbols() if symbol["st_shndx"] == "SHN_UNDEF"}
    return sorted(name for name in undefined if name.startswith(("Py", "_Py")))


if __name__ == "__main__":
    main()
