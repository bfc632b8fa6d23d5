"""Check a finished wheel or the sdist: version, size, licences, tags, sections of the library, and paths of the building machine.

``python check.py --version VERSION --forbid PATH... FILE`` and, for a wheel, ``--target TARGET --tag TAG``
"""

from __future__ import annotations

import argparse
import email
import email.message
import io
import pathlib
import sys
import tarfile
import zipfile

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from finish import LICENCES, MANIFEST
from licences import linked_crates

MB = 1_000_000
MOST_PACKED, MOST_UNPACKED = 4 * MB, 9_200_000
EXTRAS = {"openfeature", "django", "fastapi", "pytest"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", required=True)
    parser.add_argument("--forbid", action="append", default=[], help="a path that no file may hold")
    parser.add_argument("--target", default="")
    parser.add_argument("--tag", default="")
    parser.add_argument("file", type=pathlib.Path)
    arguments = parser.parse_args()
    file: pathlib.Path = arguments.file
    is_wheel = file.suffix == ".whl"
    files = _unpacked(file) if is_wheel else _of_sdist(file)
    faults = [*_paths(files, arguments.forbid), *_metadata(files, arguments.version)]
    if is_wheel:
        faults += [*_tag(file, files, arguments.tag), *_size(file, files), *_sections(files)]
        faults += _licences(files, arguments.target)
    for fault in faults:
        print(f"{file.name}: {fault}", file=sys.stderr)
    packed, unpacked = file.stat().st_size, sum(map(len, files.values()))
    print(f"    {file.name}: {packed:,} bytes, {unpacked:,} unpacked, {len(files)} files")
    sys.exit(bool(faults))


def _unpacked(wheel: pathlib.Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _of_sdist(sdist: pathlib.Path) -> dict[str, bytes]:
    files = {}
    with tarfile.open(sdist) as archive:
        for member in archive:
            if content := archive.extractfile(member):
                files[member.name] = content.read()
    return files


def _only(files: dict[str, bytes], end: str, depth: int) -> bytes:
    [content] = [files[name] for name in files if name.endswith(end) and name.count("/") == depth]
    return content


def _paths(files: dict[str, bytes], forbidden: list[str]) -> list[str]:
    return [f"{name} holds {path}" for name, data in files.items() for path in forbidden if path.encode() in data]


def _described(files: dict[str, bytes]) -> email.message.Message:
    end = "/PKG-INFO" if any(name.endswith("/PKG-INFO") for name in files) else ".dist-info/METADATA"
    return email.message_from_bytes(_only(files, end, 1))


def _metadata(files: dict[str, bytes], version: str) -> list[str]:
    described = _described(files)
    faults = []
    if (described["Name"], described["Version"]) != ("fh-client", version):
        faults.append(f"it is {described['Name']} {described['Version']}, and the workspace has the version {version}")
    if set(described.get_all("Provides-Extra", [])) != EXTRAS:
        faults.append(f"its extras are {described.get_all('Provides-Extra')}")
    needed = [need for need in described.get_all("Requires-Dist", []) if "extra ==" not in need]
    return faults + [f"it needs {need} at run time" for need in needed]


def _tag(wheel: pathlib.Path, files: dict[str, bytes], tag: str) -> list[str]:
    named = email.message_from_bytes(_only(files, ".dist-info/WHEEL", 1)).get_all("Tag", [])
    is_named = tag in wheel.name and named and all(name.split("-")[:2] == tag.split("-")[:2] for name in named)
    return [] if is_named else [f"its tag is not {tag}, but {named}"]


def _size(wheel: pathlib.Path, files: dict[str, bytes]) -> list[str]:
    packed, unpacked = wheel.stat().st_size, sum(map(len, files.values()))
    faults = [f"it has {packed:,} bytes, {MOST_PACKED:,} at most"] if packed > MOST_PACKED else []
    return faults + ([f"it has {unpacked:,} bytes unpacked, {MOST_UNPACKED:,} at most"] if unpacked > MOST_UNPACKED else [])


def _sections(files: dict[str, bytes]) -> list[str]:
    library = ELFFile(io.BytesIO(_only(files, ".so", 1)))
    names = [section.name for section in library.iter_sections()]
    faults = [f"its library is not stripped of {name}" for name in names if name == ".symtab" or name.startswith(".debug")]
    dynamic = library.get_section_by_name(".dynamic")
    if not isinstance(dynamic, DynamicSection):
        return [*faults, "its library cannot be loaded: it has no dynamic section"]
    # The library sets this attribute when it runs, so checkers of types do not know it.
    needed = [getattr(tag, "needed") for tag in dynamic.iter_tags("DT_NEEDED")]
    if "libc.so.6" in needed and "libgcc_s.so.1" not in needed:
        faults.append(f"its library has an unwinder of its own, and needs only {needed}")
    if "libc.so" in needed:
        faults.append("its library needs musl by a name that auditwheel does not know")
    return faults


def _licences(files: dict[str, bytes], target: str) -> list[str]:
    described = _described(files)
    faults = []
    for name in ("LICENSE", LICENCES):
        is_inside = any(path.endswith(f".dist-info/licenses/{name}") for path in files)
        if not is_inside or name not in described.get_all("License-File", []):
            faults.append(f"it does not hold the file {name}, or does not name it")
    if faults:
        return faults
    lines = _only(files, f"/licenses/{LICENCES}", 2).decode().splitlines()
    for crate in linked_crates(MANIFEST, target):
        # The name stands in the list of crates, and above a text.
        is_listed = f"{crate}: {crate.terms}" in lines and any(str(crate) in line.split(", ") for line in lines)
        if not crate.is_own and not is_listed:
            faults.append(f"the licence of {crate} is missing")
    return faults


if __name__ == "__main__":
    main()
