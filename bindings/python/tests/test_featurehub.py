"""The names of `featurehub-sdk`: its public surface and its README, and reads through an Edge in memory."""

from __future__ import annotations

import asyncio
import doctest
import enum
import importlib
import importlib.metadata
import inspect
import json
import pathlib
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import featurehub_sdk  # type: ignore[import-untyped]
import pytest
from conftest import ENVIRONMENT, OTHER_ENVIRONMENT, Edge
from features import SOON, feature, memory, strategy

import fh_client.featurehub
from fh_client.featurehub import (
    ClientContext,
    EnvironmentInterceptor,
    FeatureHubConfig,
    FeatureHubRepository,
    InterceptorValue,
    PollingEdgeService,
    StrategyAttributeCountryName,
    StreamingEdgeClient,
    ValueInterceptor,
)
from fh_client.featurehub import _native_edge
from fh_client.featurehub.edge_service import EdgeService
from fh_client.testing import CLIENT_KEY, SERVER_KEY, MemoryEdge

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "guide" / "python-from-featurehub-sdk.md"

# The names without a counterpart. The page lists each of them.
ABSENT = {
    "strategy_matchers",
    "client_context.Applied",
    "client_context.RolloutStrategy",
    "client_context.RolloutStrategyAttribute",
    "client_context.RolloutStrategyAttributeConditional",
    "client_context.RolloutStrategyFieldType",
    "client_context.InternalFeatureRepository.apply",
    "featurehub_repository.FeatureHubRepository.apply",
    "featurehub_repository.FeatureHubRepository(apply_features)",
    "fh_state_base_holder.FeatureStateHolder(feature_state)",
    "fh_state_base_holder.FeatureStateHolder(parent_state)",
    "fh_state_base_holder.FeatureStateHolder.set_feature_state",
}


def parameters(function: Any) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


def absent_members(module: str, theirs: type, ours: type) -> Iterator[str]:
    """Yield the public members and parameters of a class that have no counterpart."""
    where = f"{module}.{theirs.__name__}"
    if "__init__" in vars(theirs):
        for name in parameters(theirs):
            if name not in parameters(ours):
                yield f"{where}({name})"
    for name in dir(theirs):
        if name.startswith("_"):
            continue
        if not hasattr(ours, name):
            # Attributes of our objects are named in annotations or properties of the class.
            yield f"{where}.{name}"
        elif inspect.isfunction(there := inspect.getattr_static(theirs, name)):
            here = inspect.getattr_static(ours, name)
            assert parameters(here) == parameters(there), f"{where}.{name}"
            assert inspect.iscoroutinefunction(here) == inspect.iscoroutinefunction(there), f"{where}.{name}"
        else:
            assert isinstance(inspect.getattr_static(ours, name), type(there)), f"{where}.{name}"


def absent(theirs: ModuleType) -> Iterator[str]:
    module = theirs.__name__.rpartition(".")[2]
    try:
        ours = importlib.import_module(f"fh_client.featurehub.{module}")
    except ModuleNotFoundError:
        yield module
        return
    for name, there in vars(theirs).items():
        if name.startswith("_") or isinstance(there, ModuleType) or getattr(there, "__module__", None) != theirs.__name__:
            continue
        here = getattr(ours, name, None)
        if here is None:
            yield f"{module}.{name}"
        elif issubclass(there, enum.Enum):
            assert {one.name: one.value for one in there} == {one.name: one.value for one in here}
        else:
            yield from absent_members(module, there, here)


def test_the_whole_public_surface_is_there_or_named_in_the_page() -> None:
    modules = [importlib.import_module(f"featurehub_sdk.{found.name}") for found in pkgutil.iter_modules(featurehub_sdk.__path__)]
    assert len(modules) == 13
    assert {name for module in modules for name in absent(module)} == ABSENT
    page = PAGE.read_text()
    for name in ABSENT:
        word = name.partition("(")[2].rstrip(")") or name.rpartition(".")[2]
        assert f"`{word}`" in page, name
    assert importlib.metadata.version("featurehub-sdk") == "1.1.0"


COUNTRY = strategy("kiwi", "welcome, kiwi", "country", "new_zealand")


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> MemoryEdge:
    """An Edge in memory in place of each URL."""
    edge = memory(
        feature("FEATURE_TITLE_TO_UPPERCASE", "BOOLEAN", False, strategy("mara", True, "userkey", "Mara")),
        feature("GREETING", "STRING", "hello", COUNTRY, strategy("gold", "hello, gold", "plan", "gold")),
        feature("LIMIT", "NUMBER", 20),
        feature("THEME", "JSON", '{"size": 3}'),
        feature("BROKEN", "JSON", "{"),
        feature("LOCKED", "BOOLEAN", False, l=True, version=4),
    )
    monkeypatch.setattr(_native_edge, "Client", lambda url, key, **settings: edge.client(key, **settings))
    return edge


@pytest.fixture
def config(edge: MemoryEdge) -> Iterator[FeatureHubConfig]:
    config = FeatureHubConfig("http://edge", [CLIENT_KEY])
    yield config
    config.close()


def polls(edge: MemoryEdge) -> int:
    return sum(request.kind == "poll" for request in edge.requests)


def test_the_snippets_of_the_readme_run_with_other_imports(edge: MemoryEdge) -> None:
    readme = importlib.metadata.distribution("featurehub-sdk").read_text("METADATA")
    snippets = re.findall(r"^```python3\n(.*?)^```", readme or "", re.M | re.S)
    assert len(snippets) == 7
    names: dict[str, Any] = {"asyncio": asyncio}
    titles = []
    for snippet in snippets:
        text = textwrap.dedent(snippet).replace("featurehub_sdk", "fh_client.featurehub")
        # A reader fills these in.
        text = re.sub(r"edge_url = '[^']*'", "edge_url = 'http://edge'", text)
        text = re.sub(r"client_eval_key = '[^']*'", f"client_eval_key = {CLIENT_KEY!r}", text)
        if text.rstrip().endswith("# do something"):
            text = text.rstrip() + "\n   is_ready = True"
        exec(text, names)
        for function in ("name_arg", "async_name_arg"):
            if f"def {function}(" in text:
                greeting = names[function]("Mara")
                titles.append(asyncio.run(greeting) if inspect.iscoroutine(greeting) else greeting)
    assert names["is_ready"] is True
    # The first two functions use an empty context, the others that of Mara.
    assert titles == ["hello world", "hello world", "HELLO WORLD", "HELLO WORLD"]
    names["config"].close()


def test_the_example() -> None:
    assert doctest.testmod(fh_client.featurehub) == (0, 5)


def test_reads_of_each_type(config: FeatureHubConfig) -> None:
    asyncio.run(config.init())
    context = config.new_context().build_sync()
    assert context.get_string("GREETING") == context.feature("GREETING").get_string == "hello"
    assert context.get_number("LIMIT") == 20 and context.get_json("THEME") == {"size": 3}
    assert context.get_raw_json("THEME") == context.feature("THEME").get_raw_json == '{"size": 3}' and context.get_json("BROKEN") is None
    assert context.get_flag("LOCKED") is False and context.get_boolean("LOCKED") is False
    assert context.is_set("LIMIT") and context.exists("LIMIT") and not context.is_enabled("LIMIT")
    locked = config.repository().feature("LOCKED")
    assert (locked.locked, locked.get_version, locked.id) == (True, 4, "id-LOCKED")
    assert (locked.key, locked.get_key, locked.feature_type) == ("LOCKED", "LOCKED", "BOOLEAN")
    assert locked.internal_feature_state is not None and locked.internal_feature_state["version"] == 4
    unknown = config.repository().feature("UNKNOWN")
    assert (unknown.get_value, unknown.get_version, unknown.exists, unknown.is_set) == (None, -1, False, False)
    assert unknown.internal_feature_state is None
    # A read of another type has no value.
    assert locked.get_string is None and context.get_number("GREETING") is None
    assert "UNKNOWN" not in config.repository().features and "LIMIT" in config.repository().features


def test_contexts_select_values_and_can_change(config: FeatureHubConfig) -> None:
    async def main() -> None:
        context = await config.new_context().build()
        greeting = context.feature("GREETING")
        assert greeting.get_string == "hello"
        assert context.country(StrategyAttributeCountryName.NewZealand).get_string("GREETING") == "welcome, kiwi"
        # A feature of a context follows its changes.
        assert greeting.get_string == "welcome, kiwi"
        assert context.clear().get_string("GREETING") == "hello"
        assert context.attribute_values("plan", ["silver", "gold"]).get_string("GREETING") == "hello, gold"
        assert context.get_attr("plan") == "silver" and context.get_attr("none", "x") == "x"
        assert context.attribute_values("plan", "gold").get_string("GREETING") == "hello, gold"  # type: ignore[arg-type]
        context.user_key("mara").session_key("s").device("mobile").platform("linux").version("1.2.3")
        assert context.default_percentage_key == "s"
        native = context.source()
        assert isinstance(native, fh_client.Context) and native.attributes["version"] == ("1.2.3",)

    asyncio.run(main())


def test_interceptors_precede_rules_but_not_locks(
    config: FeatureHubConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fixed(ValueInterceptor):
        def intercepted_value(self, feature_key: str) -> InterceptorValue | None:
            return InterceptorValue(" TRUE ") if feature_key in ("LOCKED", "UNKNOWN", "GREETING") else None

    asyncio.run(config.init())
    repository = config.repository()
    monkeypatch.setenv("FEATUREHUB_OVERRIDE_FEATURES", "true")
    monkeypatch.setenv("FEATUREHUB_LIMIT", "5.5")
    monkeypatch.setenv("FEATUREHUB_GREETING", "hi")
    repository.register_interceptor(EnvironmentInterceptor())
    repository.register_interceptor(Fixed())
    context = config.new_context()
    assert context.get_number("LIMIT") == 5.5
    assert context.get_string("GREETING") == "hi"
    assert context.get_flag("UNKNOWN") is True and context.get_string("UNKNOWN") == " TRUE "
    assert context.get_flag("LOCKED") is False
    # A text that is no number gives no number.
    monkeypatch.setenv("FEATUREHUB_LIMIT", "many")
    assert context.get_number("LIMIT") is None


def test_polls(edge: MemoryEdge, config: FeatureHubConfig) -> None:
    config.use_polling_edge_service(0)
    asyncio.run(config.init())
    assert polls(edge) == 1 and config.new_context().get_number("LIMIT") == 20
    edge.set("LIMIT", 21)
    # With the interval 0, the program decides when a request is sent.
    asyncio.run(config.new_context().build())
    assert polls(edge) == 2 and config.new_context().get_number("LIMIT") == 21
    edge.delete("THEME")
    asyncio.run(config.init())
    assert "THEME" not in {one["key"] for one in config.repository().extract_feature_state()}
    service = config.get_or_create_edge_service()
    assert isinstance(service, PollingEdgeService) and (service.interval, service.cancelled) == (0, False)
    service.update_interval(600)
    assert service.interval == 600 and config.new_context().get_number("LIMIT") == 21
    asyncio.run(config.new_context().build())
    before = polls(edge)
    asyncio.run(config.new_context().build())
    # Building a context does not poll between the intervals.
    assert polls(edge) == before
    config.close()
    assert service.cancelled and config.new_context().get_number("LIMIT") == 21


def test_a_refusal_and_a_failure_are_no_exceptions(edge: MemoryEdge, config: FeatureHubConfig) -> None:
    config.use_polling_edge_service(0)
    for status, is_ready in ((404, False), (None, True), (500, True)):
        edge.heal() if status is None else edge.fail(status)
        asyncio.run(config.init())
        assert config.repository().is_ready() is is_ready
        assert config.new_context().get_flag("LOCKED") is (False if is_ready else None)


@pytest.mark.parametrize("by_polls", [True, False])
def test_contexts_of_a_server_evaluated_key_do_not_mix(edge: MemoryEdge, by_polls: bool) -> None:
    edge.put(feature("WHO", "STRING", "nobody", *(strategy(name, name, "userkey", name) for name in ("mara", "fred"))))
    config = FeatureHubConfig("http://edge", [SERVER_KEY])
    if by_polls:
        config.use_polling_edge_service(600)
    mara = config.new_context().user_key("mara").build_sync()
    assert mara.get_string("WHO") == "mara"
    requests = len(edge.requests)
    mara.build_sync()
    assert len(edge.requests) == requests

    async def main() -> ClientContext:
        # An event loop that runs does not keep `build_sync` from waiting.
        assert mara.build_sync().get_string("WHO") == "mara"
        return await config.new_context().user_key("fred").build()

    fred = asyncio.run(main())
    assert fred.get_string("WHO") == "fred"
    assert mara.get_string("WHO") is None
    assert config.repository().feature("WHO").get_string == "fred"
    assert mara.build_sync().get_string("WHO") == "mara"
    config.close()


def test_sources_of_the_program_feed_the_repository() -> None:
    class Fixed(EdgeService):
        def __init__(self, repository: FeatureHubRepository) -> None:
            self.repository = repository

        async def poll(self) -> None:
            self.repository.notify("features", [feature("LIMIT", "NUMBER", 1, version=2)])

        async def context_change(self, header: str) -> None:
            headers.append(header)
            await self.poll()

    headers: list[str] = []
    server = FeatureHubConfig("http://edge", ["e/k"], edge_provider=lambda repository, keys, url: Fixed(repository))
    mara = server.new_context().user_key("mara").country(StrategyAttributeCountryName.NewZealand).build_sync()
    assert headers == ["userkey=mara&country=new_zealand"] and mara.get_number("LIMIT") == 1
    config = FeatureHubConfig("http://edge", ["e/k*"], edge_provider=lambda repository, keys, url: Fixed(repository))
    repository = config.repository()
    assert not repository.is_ready()
    asyncio.run(config.init())
    context = config.new_context()
    assert repository.is_ready() and context.get_number("LIMIT") == 1
    repository.notify("feature", feature("LIMIT", "NUMBER", 7, version=1))
    assert context.get_number("LIMIT") == 1
    repository.notify("feature", feature("LIMIT", "NUMBER", 3, version=3))
    assert context.get_number("LIMIT") == 3 and len(repository.extract_feature_state()) == 1
    repository.notify("failed", None)
    assert not repository.is_ready() and context.get_number("LIMIT") == 3
    repository.notify("delete_feature", {"key": "LIMIT"})
    assert repository.is_ready() and not context.exists("LIMIT") and repository.extract_feature_state() == []
    for one in (repository, server.repository()):
        assert one.client is not None
        one.client.close()


def test_the_state_can_be_taken_out_and_put_in(edge: MemoryEdge, config: FeatureHubConfig) -> None:
    asyncio.run(config.init())
    edge.set("LIMIT", 22)
    edge.delivered(SOON)
    state = config.repository().extract_feature_state()
    assert {one["key"]: one["version"] for one in state}["LIMIT"] == 2 and len(state) == 6
    edge.delete("THEME")
    edge.delivered(SOON)
    assert len(config.repository().extract_feature_state()) == 5
    with pytest.raises(RuntimeError, match="Edge"):
        config.repository().notify("features", state)
    other = FeatureHubRepository()
    other.notify("features", state)
    kiwi = ClientContext(other).country("new_zealand")
    assert kiwi.get_string("GREETING") == "welcome, kiwi" and kiwi.get_number("LIMIT") == 22
    assert other.client is not None
    other.client.close()


def test_wrong_arguments() -> None:
    for url, keys in (("", ["e/k*"]), ("http://edge", []), ("http://edge", ["e/k*", "e/k"])):
        with pytest.raises(TypeError):
            FeatureHubConfig(url, keys)
    config = FeatureHubConfig("http://edge", ["e/k*"])
    assert config.get_host() == "http://edge/" and config.get_api_keys() == ["e/k*"] and config.client_evaluated()


def test_several_keys_of_an_edge_are_polled(own_edge: Edge) -> None:
    config = FeatureHubConfig(own_edge.url, [own_edge.key, own_edge.key.replace(ENVIRONMENT, OTHER_ENVIRONMENT)])
    asyncio.run(config.init())
    repository = config.repository()
    assert repository.is_ready()
    assert {"ON", "OTHER"} <= {one["key"] for one in repository.extract_feature_state()}
    config.close()


def test_a_source_that_is_replaced_is_closed_and_one_that_was_closed_can_start_again(
    edge: MemoryEdge, config: FeatureHubConfig
) -> None:
    asyncio.run(config.init())
    service = config.get_or_create_edge_service()
    assert isinstance(service, StreamingEdgeClient) and not service.stopped and edge.streams == 1
    config.use_polling_edge_service(600)
    while edge.streams:
        pass
    assert config.get_or_create_edge_service() is not service and config.client is config.repository().client is not None
    asyncio.run(service.poll())
    while not edge.streams:
        pass
    service.close()


def outcome(read: Any) -> object:
    try:
        return read()
    except Exception as error:
        return type(error)


def test_what_the_published_package_does_otherwise() -> None:
    """The page names these differences."""
    from featurehub_sdk.client_context import ClientEvalFeatureContext  # type: ignore[import-untyped]
    from featurehub_sdk.featurehub_repository import FeatureHubRepository as Published  # type: ignore[import-untyped]
    from featurehub_sdk.interceptors import InterceptorValue as PublishedValue  # type: ignore[import-untyped]
    from featurehub_sdk.strategy_attribute_country_name import (  # type: ignore[import-untyped]
        StrategyAttributeCountryName as PublishedCountry,
    )

    features = [
        feature("GREETING", "STRING", "hello", COUNTRY, strategy("gold", "hello, gold", "plan", "gold")),
        feature("BROKEN", "JSON", "{"),
    ]
    theirs, ours = Published(), FeatureHubRepository()
    for repository in (theirs, ours):
        repository.notify("features", features)
    their, our = ClientEvalFeatureContext(theirs, None), ClientContext(ours)
    seen = []
    for context, repository, country, value in (
        (their, theirs, PublishedCountry, PublishedValue),
        (our, ours, StrategyAttributeCountryName, InterceptorValue),
    ):
        seen.append(
            [
                outcome(lambda: context.get_json("BROKEN")),
                outcome(lambda: context.country(country.NewZealand).get_string("GREETING")),
                outcome(lambda: context.clear().attribute_values("plan", ["silver", "gold"]).get_string("GREETING")),
                outcome(lambda: value("many").cast("NUMBER")),
                outcome(lambda: repository.feature("GREETING").get_key),
                outcome(lambda: (repository.feature("UNKNOWN").key, "UNKNOWN" in repository.features)),
            ]
        )
    assert seen == [
        [json.JSONDecodeError, "hello", "hello", ValueError, "", ("UNKNOWN", True)],
        [None, "welcome, kiwi", "hello, gold", None, "GREETING", ("UNKNOWN", False)],
    ]
    assert ours.client is not None
    ours.client.close()
