"""The engines that are compared: the package, and the published SDKs, each without a network."""

from __future__ import annotations

import json
import logging
import pathlib
from collections.abc import Callable
from typing import Any

User = dict[str, str]


class Engine:
    """An engine with a payload. ``read`` is the source of a read by key, with the names ``client``, ``ctx``, ``key`` and ``user``."""

    name: str
    email = "regex"
    file: str
    read: str
    #: The source that builds a context of a user's attributes and reads with it.
    built: str
    #: True if rollouts use FeatureHub's hash, so that all answers are comparable.
    has_featurehub_hash = False

    def __init__(self, folder: pathlib.Path) -> None:
        self.payload = (folder / f"{self.email}-{self.file}.json").read_text()
        self.client = self.load(self.payload)

    def load(self, payload: str) -> Any:
        raise NotImplementedError

    def context(self, user: User) -> Any:
        raise NotImplementedError

    def names(self) -> dict[str, Any]:
        """Return further names that the sources use."""
        return {}

    def reader(self, user: User) -> Callable[[str], bool]:
        """Return a function that reads a key for a user."""
        names = {"client": self.client, "ctx": self.context(user), "user": user, **self.names()}
        return eval(f"lambda key: {self.read}", names)  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the threads of the engine."""


class FhClient(Engine):
    name = "fh-client"
    file = "featurehub"
    read = "ctx.is_enabled(key)"
    built = (
        "client.context(userkey=user['userkey'], country=user['country'], version=user['version'], email=user['email'])"
        ".is_enabled(key)"
    )
    has_featurehub_hash = True

    def load(self, payload: str) -> Any:
        import fh_client

        return fh_client.Client.offline(bootstrap=payload)

    def context(self, user: User) -> Any:
        return self.client.context(user)

    def close(self) -> None:
        self.client.close()


class FeatureHub(Engine):
    name = "featurehub-sdk"
    file = "featurehub"
    read = "ctx.is_enabled(key)"
    built = "context(user).is_enabled(key)"
    has_featurehub_hash = True

    def load(self, payload: str) -> Any:
        from featurehub_sdk.featurehub_repository import FeatureHubRepository

        repository = FeatureHubRepository()
        repository.notify("features", json.loads(payload))
        return repository

    def context(self, user: User) -> Any:
        from featurehub_sdk.client_context import ClientEvalFeatureContext
        from featurehub_sdk.edge_service import EdgeService

        context = ClientEvalFeatureContext(self.client, EdgeService()).user_key(user["userkey"])
        for name in ("country", "version", "email", "plan"):
            context.attribute_values(name, [user[name]])
        return context

    def names(self) -> dict[str, Any]:
        return {"context": self.context}


class Eppo(Engine):
    name = "eppo-server-sdk"
    file = "eppo"
    read = "client.get_boolean_assignment(key, user_key, ctx, False)"
    built = (
        "client.get_boolean_assignment(key, user['userkey'],"
        " {'country': user['country'], 'version': user['version'], 'email': user['email']}, False)"
    )

    def load(self, payload: str) -> Any:
        import eppo_client

        return eppo_client.init(
            eppo_client.ClientConfig(
                api_key="bench",
                assignment_logger=eppo_client.AssignmentLogger(),
                poll_interval_seconds=None,
                base_url="http://127.0.0.1:9",
                initial_configuration=eppo_client.Configuration(flags_configuration=payload.encode()),
            )
        )

    def context(self, user: User) -> Any:
        self.user_key = user["userkey"]
        return {name: user[name] for name in ("country", "version", "email", "plan")}

    def names(self) -> dict[str, Any]:
        return {"user_key": self.user_key}

    def close(self) -> None:
        self.client.shutdown()


class Statsig(Engine):
    name = "statsig-python-core"
    file = "statsig"
    read = "client.check_gate(ctx, key, silent)"
    built = (
        "client.check_gate(StatsigUser(user_id=user['userkey'], country=user['country'], app_version=user['version'],"
        " email=user['email']), key, silent)"
    )

    def load(self, payload: str) -> Any:
        from statsig_python_core import Statsig, StatsigOptions
        from statsig_python_core.data_store import DataStore, DataStoreResponse

        class Given(DataStore):
            def get(self, key: str) -> Any:
                return DataStoreResponse(result=payload, time=1)

        options = StatsigOptions(
            data_store=Given(), disable_network=True, disable_country_lookup=True, output_log_level="none"
        )
        client = Statsig("secret-bench", options)
        client.initialize().wait()
        assert client.get_feature_gate_list(), "statsig did not take the payload"
        return client

    def context(self, user: User) -> Any:
        from statsig_python_core import StatsigUser

        return StatsigUser(
            user_id=user["userkey"],
            country=user["country"],
            app_version=user["version"],
            email=user["email"],
            custom={"plan": user["plan"]},
        )

    def names(self) -> dict[str, Any]:
        from statsig_python_core import FeatureGateEvaluationOptions, StatsigUser

        return {"silent": FeatureGateEvaluationOptions(disable_exposure_logging=True), "StatsigUser": StatsigUser}

    def close(self) -> None:
        self.client.shutdown().wait()


class GrowthBook(Engine):
    name = "growthbook"
    file = "growthbook"
    read = "ctx.is_on(key)"
    built = "context(user).is_on(key)"

    def load(self, payload: str) -> Any:
        from growthbook import GrowthBook

        return GrowthBook(features=json.loads(payload))

    def context(self, user: User) -> Any:
        # An instance has the attributes of one user. A new instance would load the features again.
        self.client.set_attributes(
            {"id": user["userkey"], **{name: user[name] for name in ("country", "version", "email", "plan")}}
        )
        return self.client

    def names(self) -> dict[str, Any]:
        return {"context": self.context}


class LaunchDarkly(Engine):
    name = "launchdarkly-server-sdk"
    file = "launchdarkly"
    read = "client.variation(key, ctx, False)"
    built = (
        "client.variation(key, Context.builder(user['userkey']).set('country', user['country'])"
        ".set('version', user['version']).set('email', user['email']).build(), False)"
    )

    def load(self, payload: str) -> Any:
        from ldclient import LDClient
        from ldclient.config import Config
        from ldclient.feature_store import InMemoryFeatureStore
        from ldclient.versioned_data_kind import FEATURES, SEGMENTS

        store = InMemoryFeatureStore()
        store.init({FEATURES: json.loads(payload), SEGMENTS: {}})
        # A client in this mode takes its flags from the store.
        return LDClient(Config("sdk-bench", use_ldd=True, send_events=False, feature_store=store), start_wait=0)

    def context(self, user: User) -> Any:
        from ldclient import Context

        builder = Context.builder(user["userkey"])
        for name in ("country", "version", "email", "plan"):
            builder.set(name, user[name])
        return builder.build()

    def names(self) -> dict[str, Any]:
        from ldclient import Context

        return {"Context": Context}

    def close(self) -> None:
        self.client.close()


class Unleash(Engine):
    name = "UnleashClient"
    file = "unleash"
    read = "client.is_enabled(key, ctx)"
    built = (
        "client.is_enabled(key, {'userId': user['userkey'], 'properties': {'country': user['country'],"
        " 'version': user['version'], 'email': user['email']}})"
    )

    def load(self, payload: str) -> Any:
        from UnleashClient import UnleashClient
        from UnleashClient.cache import BaseCache

        class Given(BaseCache):
            """The cache with the payload, in memory."""

            bootstrapped = True

            def __init__(self) -> None:
                from UnleashClient.constants import FEATURES_URL

                self.values: dict[str, Any] = {FEATURES_URL: payload}

            def set(self, key: str, value: Any) -> None:
                self.values[key] = value

            def mset(self, data: dict[str, Any]) -> None:
                self.values.update(data)

            def get(self, key: str, default: Any = None) -> Any:
                return self.values.get(key, default)

            def exists(self, key: str) -> bool:
                return key in self.values

            def destroy(self) -> None:
                self.values.clear()

        client = UnleashClient(
            "http://127.0.0.1:9", "bench", disable_metrics=True, disable_registration=True, cache=Given()
        )
        client.initialize_client(fetch_toggles=False)
        return client

    def context(self, user: User) -> Any:
        return {"userId": user["userkey"], "properties": {name: user[name] for name in ("country", "version", "email", "plan")}}

    def close(self) -> None:
        self.client.destroy()


class ConfigCat(Engine):
    name = "configcat-client"
    email = "suffix"
    file = "configcat"
    read = "client.get_value(key, False, ctx)"
    built = (
        "client.get_value(key, False, User(user['userkey'], email=user['email'], country=user['country'],"
        " custom={'Version': user['version']}))"
    )

    def load(self, payload: str) -> Any:
        import configcatclient
        from configcatclient.configcache import ConfigCache
        from configcatclient.configcatoptions import ConfigCatOptions
        from configcatclient.pollingmode import PollingMode

        class Given(ConfigCache):
            def get(self, key: str) -> str:
                return entry

            def set(self, key: str, value: str) -> None:
                pass

        entry = f"1767225600000\netag\n{payload}"
        options = ConfigCatOptions(polling_mode=PollingMode.manual_poll(), config_cache=Given(), offline=True)
        client = configcatclient.get("configcat-sdk-1/0123456789abcdefghijkl/0123456789abcdefghijkl", options)
        assert client.get_all_keys(), "configcat did not take the payload"
        return client

    def context(self, user: User) -> Any:
        from configcatclient.user import User as ConfigCatUser

        custom = {"Version": user["version"], "Plan": user["plan"]}
        return ConfigCatUser(user["userkey"], email=user["email"], country=user["country"], custom=custom)

    def names(self) -> dict[str, Any]:
        from configcatclient.user import User as ConfigCatUser

        return {"User": ConfigCatUser}

    def close(self) -> None:
        self.client.close()


PEERS: list[type[Engine]] = [Eppo, Statsig, FeatureHub, GrowthBook, LaunchDarkly, Unleash, ConfigCat]


def quiet() -> None:
    """Keep the warnings of the SDKs about their missing network out of the output."""
    logging.disable(logging.CRITICAL)
