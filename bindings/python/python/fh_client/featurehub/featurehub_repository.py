"""The features of one or several API keys."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from .client_context import InternalFeatureRepository
from .fh_state_base_holder import FeatureStateHolder
from .interceptors import InterceptorValue, ValueInterceptor

if TYPE_CHECKING:
    from .. import Client, RawUpdate

__all__ = ["FeatureHubRepository"]


class FeatureHubRepository(InternalFeatureRepository):
    """The features, with interceptors. A client fills it, or a source of the program by ``notify``."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self._interceptors: list[ValueInterceptor] = []
        self._lock = threading.Lock()
        self._raw: dict[str, dict[str, Any]] = {}
        self._is_fed_by_notify = False
        #: The generation of the features that no longer count as ready.
        self._unready_at: int | None = None

    @property
    def features(self) -> dict[str, FeatureStateHolder]:
        """The features that exist."""
        return {} if self.client is None else {key: self.feature(key) for key in self.client.keys()}

    # The parameter has another name in the base class, as in featurehub-sdk.
    def notify(self, status: str, data: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take features of a source of the program: `features` with a list, `feature`, `delete_feature`, or `failed`.

        Older versions are ignored. Raise ``RuntimeError`` if a client of this package fills the repository.
        """
        if status == "failed":
            self.not_ready()
            return
        if data is None or status not in ("features", "feature", "delete_feature"):
            return
        if self.client is not None and not self._is_fed_by_notify:
            raise RuntimeError("an Edge fills this repository")
        with self._lock:
            if status == "delete_feature":
                self._raw.pop(data["key"], None)
            else:
                for feature in [data] if status == "feature" else data:
                    self._take(feature)
        from .. import Client

        former = self.client
        self.client = Client.offline(bootstrap=list(self._raw.values()), listeners=False)
        if former is not None:
            former.close()
        self._is_fed_by_notify = True
        self._unready_at = None

    def is_ready(self) -> bool:
        """Return true if the repository has features."""
        if self.client is None:
            return False
        # A closed client answers with its last values.
        if not self.client.is_ready and not (self.client.readiness == "CLOSED" and self.client.keys()):
            return False
        return self._unready_at is None or self.client.snapshot().generation > self._unready_at

    def not_ready(self) -> None:
        """Let the repository be not ready until it gets features. Reads give the last values."""
        self._unready_at = -1 if self.client is None else self.client.snapshot().generation

    def feature(self, key: str) -> FeatureStateHolder:
        """Return a feature, which need not exist."""
        return FeatureStateHolder(key, self)

    def register_interceptor(self, interceptor: ValueInterceptor) -> None:
        """Add an interceptor. The first one that has a value decides. Locked features are not overridden."""
        self._interceptors.append(interceptor)

    @property
    def has_interceptors(self) -> bool:
        """True if an interceptor was added."""
        return bool(self._interceptors)

    def find_interceptor(self, feature_value: str) -> InterceptorValue | None:
        """Return the value that an interceptor has for a key."""
        for interceptor in self._interceptors:
            if (found := interceptor.intercepted_value(feature_value)) is not None:
                return found
        return None

    def extract_feature_state(self) -> list[dict[str, Any]]:
        """Return the features in the form that an Edge sends, to be given to ``notify`` later."""
        if self.client is not None and not self._is_fed_by_notify:
            try:
                self.client.flush()
            except TimeoutError:
                pass
        with self._lock:
            return list(self._raw.values())

    def keep(self, update: RawUpdate) -> None:
        """Keep an update of a client for ``extract_feature_state``."""
        data = json.loads(update.json)
        with self._lock:
            if update.kind == "delete":
                self._raw.pop(data.get("key"), None)
            elif update.kind == "feature":
                self._take(data)
            else:
                # A poll gives a list of environments with their features, a stream the features of its environment.
                is_poll = any("features" in one for one in data if isinstance(one, dict))
                of_stream = {"id": update.environment, "features": data}
                for environment in data if is_poll else [of_stream]:
                    self._replace(environment["id"], environment.get("features") or [])

    def _replace(self, environment: object, features: list[Any]) -> None:
        kept = self._raw.items()
        self._raw = {key: feature for key, feature in kept if feature.get("environmentId") != environment}
        for feature in features:
            self._take(feature)

    def _take(self, feature: Any) -> None:
        if not isinstance(feature, dict) or not feature.get("key"):
            return
        known = self._raw.get(feature["key"])
        if known is None or feature.get("version", 0) >= known.get("version", 0):
            self._raw[feature["key"]] = feature
