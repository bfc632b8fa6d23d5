"""The signature of the constructor of `Client`, which `help` shows. Its keywords are those of the table of settings."""

from __future__ import annotations

from ._native import keywords

TYPE_CHECKING = False
if TYPE_CHECKING:
    import inspect


class SettingsSignature:
    """The attribute `__signature__` of `Client`. The signature is made when it is read, because `inspect` is slow to load."""

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        """Return the signature."""
        from inspect import Parameter, Signature

        url = Parameter("url", Parameter.POSITIONAL_OR_KEYWORD, default=None)
        api_keys = Parameter("api_keys", Parameter.VAR_POSITIONAL)
        others = [Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in keywords()]
        return Signature([url, api_keys, *others])
