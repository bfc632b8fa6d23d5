"""The names of `featurehub-sdk` 1.1.0 on the client of this package.

A program that moves changes its imports from `featurehub_sdk` to `fh_client.featurehub`. The modules have the same names.

>>> from fh_client.featurehub.featurehub_repository import FeatureHubRepository
>>> repository = FeatureHubRepository()
>>> repository.notify("features", [{"id": "1", "key": "NEW_CHECKOUT", "type": "BOOLEAN", "value": True, "version": 1}])
>>> repository.feature("NEW_CHECKOUT").get_flag
True
>>> repository.client.close()
"""

from __future__ import annotations

from .client_context import ClientContext, FeatureState
from .featurehub_config import FeatureHubConfig
from .featurehub_repository import FeatureHubRepository
from .interceptors import EnvironmentInterceptor, InterceptorValue, ValueInterceptor
from .polling_edge_service import PollingEdgeService
from .strategy_attribute_country_name import StrategyAttributeCountryName
from .strategy_attribute_device_name import StrategyAttributeDeviceName
from .strategy_attribute_platform_name import StrategyAttributePlatformName
from .streaming_edge_service import StreamingEdgeClient

__all__ = [
    "ClientContext",
    "EnvironmentInterceptor",
    "FeatureHubConfig",
    "FeatureHubRepository",
    "FeatureState",
    "InterceptorValue",
    "PollingEdgeService",
    "StrategyAttributeCountryName",
    "StrategyAttributeDeviceName",
    "StrategyAttributePlatformName",
    "StreamingEdgeClient",
    "ValueInterceptor",
]
