"""Interceptors, which override values before rules are evaluated."""

from __future__ import annotations

import os

__all__ = ["EnvironmentInterceptor", "InterceptorValue", "ValueInterceptor"]


class InterceptorValue:
    """The value that an interceptor returns."""

    def __init__(self, val: object) -> None:
        self._value = val

    def cast(self, expected_type: str | None) -> object:
        """Return the value in the form of a type of features. A text that is no number has no form as a NUMBER."""
        if expected_type is None or self._value is None:
            return self._value
        text = str(self._value)
        if expected_type == "BOOLEAN":
            return text.strip().lower() == "true"
        if expected_type != "NUMBER":
            return text
        try:
            return float(text)
        except ValueError:
            return None


class ValueInterceptor:
    """The base class of interceptors."""

    def intercepted_value(self, feature_key: str) -> InterceptorValue | None:
        """Return the value of a feature, or `None` to leave the decision to the next interceptor."""
        return None


class EnvironmentInterceptor(ValueInterceptor):
    """Overrides from the environment variables `FEATUREHUB_KEY`, if `FEATUREHUB_OVERRIDE_FEATURES` is `true`."""

    def __init__(self) -> None:
        self._is_on = os.environ.get("FEATUREHUB_OVERRIDE_FEATURES") == "true"

    def sanitize_feature_name(self, feature_key: str) -> str:
        """Return the key with an underscore in place of each space."""
        return feature_key.replace(" ", "_")

    def intercepted_value(self, feature_key: str) -> InterceptorValue | None:
        """Return the value of the environment variable of a feature."""
        if not self._is_on:
            return None
        value = os.environ.get(f"FEATUREHUB_{self.sanitize_feature_name(feature_key)}")
        return None if value is None else InterceptorValue(value)
