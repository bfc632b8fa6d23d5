"""The licences of the crates that are linked into a module.

``python licences.py --manifest FILE --target TARGET... --features FEATURES --module NAME --texts FOLDER`` prints them, for
packages of other languages. The folder has the texts of licences that crates name and do not carry: those of a repository of
several crates, such as ``simd.txt``, and those of terms that are the same for all, such as ``MPL-2.0.txt``.
"""

from __future__ import annotations

import argparse
import html
import json
import pathlib
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

# A file with the terms of a licence, or with the names of its authors.
TERMS = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
NO_TEXT = {".rs", ".py", ".c", ".h", ".pl", ".sh"}
HEADING = """\
{module} of this package contains the crates below, and the standard library of Rust. The name of each crate stands
before its version and the terms that its manifest names. After the crates, each text of a licence stands once, with the crates
that carry it. The crates are unchanged: the sources of each are those of its version in Rust's public registry.
"""


class Crate(NamedTuple):
    """A crate and the folder of its sources."""

    name: str
    version: str
    terms: str
    folder: pathlib.Path
    is_own: bool
    repository: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def linked_crates(manifest: pathlib.Path, target: str, features: str = "") -> list[Crate]:
    """Return the crates that a build for this target links: neither those of build scripts nor those of macros."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    options = ["--features", features, "--manifest-path", str(manifest)]
    metadata = json.loads(subprocess.check_output([*command, *options]))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    waiting, linked = [metadata["resolve"]["root"]], set()
    while waiting:
        package = waiting.pop()
        if package in linked or _is_macro(packages[package]):
            continue
        linked.add(package)
        for dependency in nodes[package]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    return sorted(_crate(packages[package]) for package in linked)


def _is_macro(package: dict[str, Any]) -> bool:
    return any("proc-macro" in target["kind"] for target in package["targets"])


def _crate(package: dict[str, Any]) -> Crate:
    folder = pathlib.Path(package["manifest_path"]).parent
    terms, repository = package["license"] or "", package["repository"] or ""
    return Crate(package["name"], package["version"], terms, folder, package["source"] is None, repository)


def _texts(files: Iterable[pathlib.Path]) -> list[str]:
    terms = sorted(path for path in files if TERMS.match(path.name) and path.suffix not in NO_TEXT and path.is_file())
    return [path.read_text(errors="replace").strip() for path in terms]


def _texts_of(crate: Crate, others: list[Crate], known: pathlib.Path | None) -> list[str]:
    """Return the texts in the crate, in a crate of its repository with its terms, or in the folder of known ones."""
    origin = (crate.repository, crate.terms)
    siblings = [other for other in others if crate.repository and (other.repository, other.terms) == origin]
    for carrier in [crate, *siblings]:
        if texts := _texts(carrier.folder.rglob("*")):
            return texts
    names = [crate.repository.rstrip("/").rpartition("/")[2], crate.terms]
    files = [known / f"{name}.txt" for name in names] if known else []
    texts = [file.read_text().strip() for file in files if file.exists()]
    if not texts:
        raise ValueError(
            f"{crate} ({crate.terms}) carries no text of its licence, and no crate of {crate.repository} does: "
            f"add the text of that repository to {known or 'a folder, and name it with --texts'}"
        )
    return texts[:1]


def _standard_library() -> str:
    """Return the text of the page that the toolchain has about its standard library and the crates in it."""
    sysroot = subprocess.check_output(["rustc", "--print", "sysroot"], text=True).strip()
    page = pathlib.Path(sysroot) / "share/doc/rust/COPYRIGHT-library.html"
    text = re.sub(r"<style.*?</style>|<[^>]*>", "", page.read_text(), flags=re.DOTALL)
    lines = (line.strip() for line in html.unescape(text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def third_party_licences(crates: list[Crate], module: str = "The native module", known: pathlib.Path | None = None) -> str:
    """Return a text with the terms of all crates of others, which the named module contains.

    Raises ``ValueError`` if a crate carries no text of its licence, and the folder of known ones has none.
    """
    carriers = defaultdict(list)
    others = [crate for crate in crates if not crate.is_own]
    for crate in others:
        for text in dict.fromkeys(_texts_of(crate, others, known)):
            carriers[text].append(str(crate))
    carriers[_standard_library()].append("the standard library of Rust")
    parts = [HEADING.format(module=module), "".join(f"{crate}: {crate.terms}\n" for crate in others)]
    parts += [f"{'=' * 80}\n{', '.join(names)}\n{'-' * 80}\n{text}\n" for text, names in carriers.items()]
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--manifest", required=True, type=pathlib.Path)
    parser.add_argument("--target", required=True, action="append", help="may be repeated: the crates of all targets")
    parser.add_argument("--features", default="")
    parser.add_argument("--module", required=True, help="the name of the module in the first sentence")
    parser.add_argument("--texts", type=pathlib.Path, help="a folder with texts that crates do not carry")
    arguments = parser.parse_args()
    linked = {crate for target in arguments.target for crate in linked_crates(arguments.manifest, target, arguments.features)}
    print(third_party_licences(sorted(linked), arguments.module, arguments.texts), end="")


if __name__ == "__main__":
    main()
