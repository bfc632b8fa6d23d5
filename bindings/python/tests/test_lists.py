"""The settings and enumerations in the stubs and signatures, which are written from the list for all languages (bindings/shared/lists.json).

`FH_WRITE_PAGES=1` writes them instead of comparing them.
"""

from __future__ import annotations

import inspect
import json
import os
import pathlib
import re
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

import fh_client

PROJECT = pathlib.Path(__file__).parents[3]
STUBS = PROJECT / "bindings/python/python/fh_client/_native.pyi"
METHODS = PROJECT / "bindings/python/src/client/methods.rs"
LISTS: dict[str, Any] = json.loads((PROJECT / "bindings/shared/lists.json").read_text())
SETTINGS = {setting["name"]: setting for setting in LISTS["settings"] if "Python" not in setting.get("lacking", {})}

#: The type of each form of value, and of each setting that is code. A choice has the words of the list.
TYPES = {
    "flag": "bool",
    "seconds": "_Duration",
    "range of seconds": "tuple[_Duration, _Duration]",
    "count": "int",
    "text": "str",
    "texts": "list[str] | tuple[str, ...]",
    "path": "str | PathLike[str]",
    "headers": "Mapping[str, str]",
    "context": "Mapping[str, _Attribute]",
    "json": "bytes | str | Mapping[str, Any] | list[Any]",
    "pem": "str | bytes",
    "proxy": "str | Literal[False]",
    "backoff": "Backoff",
    "limits": "Limits",
    "clock": "Clock",
    "interceptors": "Iterable[_Interceptor | tuple[_Interceptor, _Locks]]",
    "observers": "Iterable[_Observer | tuple[_Observer, dict[str, Any]]]",
    "on_readiness": "Callable[[ReadinessChange], object]",
    "on_status": "Callable[[StatusChange], object]",
    "on_notice": "Callable[[Notice], object]",
    "on_raw": "Callable[[RawUpdate], object]",
    "on_new_state": "Callable[[NewState], object]",
    "on_change": "Mapping[str, Callable[[Change], object]]",
    "start": 'Literal["eager", "lazy"]',
}
#: The settings of an offline client, which sends no requests.
OFFLINE = "bootstrap snapshot_file snapshot_max_age profile clock event_queue interceptors observers catch_updates listeners".split()
#: The names of the systems in texts.
TITLES: dict[str, str] = LISTS["systems"]
#: The constructors of the further systems, which have the names of the systems.
FURTHER = [system for system in TITLES if system != "featurehub"]
#: The constructors, each with its system.
CONSTRUCTORS = {"__new__": "featurehub", **{system: system for system in FURTHER}, "offline": "featurehub"}
#: The setting of each system that may be given without its name: the first one that only this system has, or the URL.
FIRST = {system: next((name for name, setting in SETTINGS.items() if setting.get("systems") == [system]), "url") for system in FURTHER}
FIRST["featurehub"] = "url"


def names(constructor: str) -> list[str]:
    """Return the settings of a constructor. Only a client of FeatureHub has a snapshot file."""
    system = CONSTRUCTORS[constructor]
    own = [name for name, setting in SETTINGS.items() if system in setting.get("systems", [system])]
    own.sort(key=lambda name: name != FIRST[system])
    if constructor == "offline":
        return [name for name in own if name in OFFLINE or name.startswith("on_")]
    return [name for name in own if system == "featurehub" or name != "snapshot_at_start"]


def kind(setting: dict[str, Any], system: str) -> str:
    if setting["form"] != "choice":
        return TYPES[setting["name" if setting["form"] == "code" else "form"]]
    return f"Literal[{', '.join(map(json.dumps, choices(setting, system)))}]"


def choices(setting: dict[str, Any], system: str) -> list[str]:
    """Return the words of a setting that clients of this system have."""
    return [word for word in setting["choices"] if system in setting.get("systems_of_choices", {}).get(word, [system])]


def arguments(constructor: str) -> str:
    system = CONSTRUCTORS[constructor]
    given = [f"{name}: {kind(SETTINGS[name], system)} | None = None" for name in names(constructor)]
    if constructor == "__new__":
        given[1] = "*api_keys: str"
    else:
        given.insert(0 if constructor == "offline" else 1, "*")
    return "".join(f"        {one},\n" for one in ["cls", *given])


def signature(constructor: str) -> str:
    given = [f"{name}=None" for name in names(constructor)]
    given.insert(0 if constructor == "offline" else 1, "*")
    return f"($cls, {', '.join(given)})"


def default(setting: dict[str, Any]) -> str:
    value = setting["default"]
    if setting["form"] == "backoff":
        return "Backoff({initial}, {cap}, {jitter})".format(**value)
    if setting["form"] == "limits":
        return "that of each member of Limits"
    return json.dumps(value) if isinstance(value, str) else str(tuple(value) if isinstance(value, list) else value)


def texts(constructor: str) -> str:
    """Return the texts of the settings. Those that are the same for all clients stand at the constructor of `Client` alone."""
    lines, system = [], CONSTRUCTORS[constructor]
    for name in names(constructor):
        setting = SETTINGS[name]
        is_own = "featurehub" not in setting.get("systems", ["featurehub"]) or TITLES[system] in setting["about"]
        if constructor != "__new__" and not is_own and "systems_of_choices" not in setting:
            continue
        about = setting["about"] + (" Seconds, or a timedelta." if "seconds" in setting["form"] else "")
        if "default" in setting and setting["default"] in (choices(setting, system) if setting["form"] == "choice" else [setting["default"]]):
            about += f" The default is {default(setting)}."
        lines += textwrap.wrap(f"{name}: {about}", 100, initial_indent=" " * 8, subsequent_indent=" " * 12, break_on_hyphens=False)
    return "".join(f"{line}\n" for line in lines)


def replaced(stubs: str, pattern: str, made: Callable[[str], str]) -> str:
    """Replace the second group of a pattern by what a function makes of the name, its first group."""
    found = re.search(pattern, stubs, re.M | re.S)
    assert found, pattern
    return stubs[: found.start(2)] + made(found[1]) + stubs[found.end(2) :]


def compare(path: pathlib.Path, found: str, expected: str) -> None:
    """Compare the text of a file with the expected one, or write that."""
    if "FH_WRITE_PAGES" in os.environ:
        path.write_text(expected)
    else:
        assert found == expected, f"FH_WRITE_PAGES=1 writes {path.name}"


def test_the_stubs_have_the_settings_and_the_enumerations_of_the_list() -> None:
    stubs = now = STUBS.read_text()
    before, now = now.split("class Client(_Reads):")
    for constructor in CONSTRUCTORS:
        now = replaced(now, rf"^    def ({constructor})\(\n(.*?)^    \) ->", arguments)
        if constructor != "offline":
            now = replaced(now, rf'^    def ({constructor})\(.*?\n\n(        \w+: .*?\n)        """', texts)
    for name in ("Readiness", "Connection", "Problem", "Reason", "Notice"):
        words = [value["name"] for value in LISTS["enumerations"][name] if "Python" not in value.get("lacking", [])]
        made = "".join(f'    "{word}",\n' for word in words)
        before = replaced(before, rf"^_({name}): TypeAlias = Literal\[\n(.*?)^\]", lambda _, made=made: made)  # type: ignore[misc]
    compare(STUBS, stubs, f"{before}class Client(_Reads):{now}")


def test_the_signatures_have_the_settings_of_the_list() -> None:
    methods = now = METHODS.read_text()
    for constructor in (*FURTHER, "offline"):
        now = re.sub(rf'\(\$cls, [^)]*\)(?="\s*\)\]\s*fn {constructor}\()', lambda _, made=signature(constructor): made, now)  # type: ignore[misc]
    compare(METHODS, methods, now)


def test_the_constructor_has_the_settings_of_the_list() -> None:
    assert sorted(inspect.signature(fh_client.Client).parameters) == sorted(names("__new__"))


@pytest.mark.parametrize("made", [fh_client.Backoff(1, 30), fh_client.Limits()])
def test_members_of_settings_have_the_defaults_of_the_list(made: fh_client.Backoff | fh_client.Limits) -> None:
    members = SETTINGS[type(made).__name__.lower()]["members"]
    assert {member["name"]: getattr(made, member["name"]) for member in members} == {
        member["name"]: member["default"] for member in members
    }
