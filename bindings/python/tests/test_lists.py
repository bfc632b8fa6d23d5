"""The settings and enumerations of the package are those of the list for all languages (bindings/shared/lists.json)."""

import ast
import inspect
import json
import pathlib
import re
from typing import Any

import fh_client
import pytest

PROJECT = pathlib.Path(__file__).parents[3]
LISTS: dict[str, Any] = json.loads((PROJECT / "bindings/shared/lists.json").read_text())
ALL = [setting for setting in LISTS["settings"] if "Python" not in setting.get("lacking", {})]
#: The settings of clients of FeatureHub.
SETTINGS = [setting for setting in ALL if "featurehub" in setting.get("systems", ["featurehub"])]
TYPES = ast.parse((PROJECT / "bindings/python/python/fh_client/_native.pyi").read_text())

# The type of each form of value. A choice has the words of the list.
FORMS = {
    "flag": "bool",
    "seconds": "_Duration",
    "range of seconds": "tuple[_Duration, _Duration]",
    "count": "int",
    "text": "str",
    "texts": "str",
    "path": "str | PathLike[str]",
    "headers": "Mapping[str, str]",
    "context": "Mapping[str, _Attribute]",
    "json": "bytes | str | Mapping[str, Any] | list[Any]",
    "pem": "str | bytes",
    "proxy": "str | Literal[False]",
    "backoff": "Backoff",
    "limits": "Limits",
}


def method(class_name: str, name: str) -> ast.FunctionDef:
    [of] = [node for node in TYPES.body if isinstance(node, ast.ClassDef) and node.name == class_name]
    return next(node for node in of.body if isinstance(node, ast.FunctionDef) and node.name == name)


CONSTRUCTOR = method("Client", "__new__")
ARGUMENTS = CONSTRUCTOR.args
assert ARGUMENTS.vararg


def of_type(argument: ast.arg) -> str:
    assert argument.annotation
    return ast.unparse(argument.annotation).removesuffix(" | None")


KEYWORDS = {argument.arg: of_type(argument) for argument in [ARGUMENTS.args[1], ARGUMENTS.vararg, *ARGUMENTS.kwonlyargs]}
TEXTS = dict(re.findall(r"^(\w+): (.*?)(?=^\w+: |\Z)", (ast.get_docstring(CONSTRUCTOR) or "").split("\n\n", 1)[1], re.M | re.S))


def choices(setting: dict[str, Any], system: str) -> list[str]:
    """Return the words of a setting that clients of this system have."""
    return [word for word in setting["choices"] if system in setting.get("systems_of_choices", {}).get(word, [system])]


def words(annotation: str) -> list[str]:
    return re.findall(r"'([^']*)'", annotation)


def text_of(name: str) -> str:
    return re.sub(r"\s+", " ", TEXTS[name])


def test_the_constructor_has_the_settings_of_the_list() -> None:
    assert sorted(KEYWORDS) == sorted(setting["name"] for setting in SETTINGS)
    assert sorted(TEXTS) == sorted(KEYWORDS)
    shown = inspect.signature(fh_client.Client).parameters
    assert sorted(shown) == sorted(KEYWORDS)


@pytest.mark.parametrize("system", ["featbit", "featuresignals"])
def test_the_constructor_for_another_system_has_the_settings_of_the_list(system: str) -> None:
    arguments = method("Client", system).args
    given = {argument.arg: of_type(argument) for argument in [arguments.args[1], *arguments.kwonlyargs]}
    listed = {setting["name"]: setting for setting in ALL if system in setting.get("systems", [system])}
    # A snapshot file is the only setting without a system that has no effect.
    assert sorted(given) == sorted(listed.keys() - {"snapshot_at_start"})
    assert list(inspect.signature(getattr(fh_client.Client, system)).parameters) == list(given)
    for name, annotation in given.items():
        if listed[name]["form"] == "choice":
            assert words(annotation) == choices(listed[name], system)
        else:
            form = listed[name]["form"]
            assert annotation == KEYWORDS.get(name, "list[str] | tuple[str, ...]" if form == "texts" else FORMS.get(form))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting["name"])
def test_a_setting_has_the_form_the_unit_and_the_default_of_the_list(setting: dict[str, Any]) -> None:
    name, form = setting["name"], setting["form"]
    annotation, text = KEYWORDS[name], text_of(name)
    if form == "choice":
        assert annotation.startswith("Literal[") and words(annotation) == choices(setting, "featurehub")
    elif form != "code":
        assert annotation == FORMS[form]
    assert len(text) > 10
    assert ("Seconds" in text) == (setting.get("unit") == "seconds")
    default = setting.get("default")
    if form == "backoff":
        shown = "Backoff({initial}, {cap}, {jitter})".format(**setting["default"])
    elif form == "limits":
        shown = "those of Limits"
    elif isinstance(default, list):
        shown = str(tuple(default))
    else:
        shown = json.dumps(default) if isinstance(default, str) else str(default)
    if default is not None:
        assert f"{shown}." in text


@pytest.mark.parametrize("name", ["backoff", "limits"])
def test_members_of_settings_are_those_of_the_list(name: str) -> None:
    [setting] = [setting for setting in SETTINGS if setting["name"] == name]
    arguments = method(name.capitalize(), "__new__").args
    given = {argument.arg: of_type(argument) for argument in [*arguments.args[1:], *arguments.kwonlyargs]}
    units = {"seconds": "_Duration", "bytes": "int", "share from 0 to 1": "float"}
    assert given == {member["name"]: units[member["unit"]] for member in setting["members"]}
    made = fh_client.Backoff(1, 30) if name == "backoff" else fh_client.Limits()
    assert {member: getattr(made, member) for member in given} == {
        member["name"]: member["default"] for member in setting["members"]
    }


@pytest.mark.parametrize("name", ["Readiness", "Connection", "Problem", "Reason", "Notice"])
def test_enumerations_have_the_names_of_the_list(name: str) -> None:
    aliases = {ast.unparse(node.target): node.value for node in TYPES.body if isinstance(node, ast.AnnAssign) and node.value}
    expected = [value["name"] for value in LISTS["enumerations"][name] if "Python" not in value.get("lacking", [])]
    assert words(ast.unparse(aliases[f"_{name}"])) == expected
