"""The files of the package do not import each other in a circle."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[1] / "python"


def name_of(file: Path, folder: Path) -> str:
    parts = file.relative_to(folder).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path, folder: Path, modules: set[str]) -> Iterator[str]:
    """Yields the modules that a file names: also in functions and for type checkers, because a reader follows these, too.

    A name that is no module leads to the file around it. The native module has no file.
    """
    package = name_of(file.parent / "__init__.py", folder)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield name if name in modules or alias.name == "_native" else base


def check(folder: Path) -> int:
    files = {name_of(file, folder): file for file in folder.rglob("*.py")}
    graph = {name: set(imports(file, folder, set(files))) & set(files) - {name} for name, file in files.items()}
    TopologicalSorter(graph).prepare()
    return sum(map(len, graph.values()))


def test_files_of_the_package_form_no_circle() -> None:
    assert check(SOURCES) > 20


@pytest.mark.parametrize(
    ("a", "b", "is_circle"),
    [
        ("from .b import B", "from .a import A", True),
        ("from . import b", "from p.a import A", True),
        ("import p.b as c", "def f():\n    from p import (\n        a,\n    )", True),
        ("from .b import *", "if TYPE_CHECKING:\n    from .a import A", True),
        ("from .b import B", '"""\nfrom .a import A\n"""', False),
        ("from .b import B", "import a\nfrom q.a import A\nfrom ._native import A\nfrom . import _native", False),
    ],
)
def test_circles_are_found(tmp_path: Path, a: str, b: str, is_circle: bool) -> None:
    package = tmp_path / "p"
    package.mkdir()
    for name, text in (("__init__", "from .a import A"), ("a", a), ("b", b)):
        (package / f"{name}.py").write_text(text)
    if not is_circle:
        check(tmp_path)
        return
    with pytest.raises(CycleError, match=r"p\.a"):
        check(tmp_path)
