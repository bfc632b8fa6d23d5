"""The reasons, variants and metadata of OpenFeature's evaluations."""

from __future__ import annotations

from typing import TypeVar, cast

from openfeature.flag_evaluation import FlagMetadata, FlagResolutionDetails, Reason

from ._native import Detail

_T = TypeVar("_T")

#: The reasons of values.
REASONS = {
    "STRATEGY_MATCH": Reason.TARGETING_MATCH,
    "SPLIT": Reason.SPLIT,
    "DEFAULT": Reason.DEFAULT,
    "STATIC": Reason.STATIC,
    "OFF": Reason.DISABLED,
    "TARGET": Reason.TARGETING_MATCH,
    "VARIANT": Reason.SPLIT,
    "EXCLUDED": Reason.DISABLED,
    "PREREQUISITE_FAILED": Reason.DISABLED,
    "INTERCEPTED": "OVERRIDE",
}


def resolved(detail: Detail, value: _T) -> FlagResolutionDetails[_T]:
    """Return a value with its reason, variant and metadata."""
    metadata: dict[str, bool | int | float | str] = {}
    if detail.exists:
        metadata["version"] = detail.version
        metadata["locked"] = detail.is_locked
    for name, text in (
        ("featureId", detail.id),
        ("environmentId", detail.environment),
        ("strategyId", detail.strategy_id),
        ("overriddenBy", detail.interceptor),
    ):
        if text is not None:
            metadata[name] = text
    for name, text in detail.properties.items():
        metadata[f"property.{name}"] = text
    return FlagResolutionDetails(
        value=value,
        reason=REASONS.get(detail.reason, Reason.UNKNOWN),
        variant=detail.strategy_id or "default",
        flag_metadata=cast(FlagMetadata, metadata),
    )
