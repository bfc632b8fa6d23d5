"""The version that the program runs."""

from .._native import __version__

__all__ = ["sdk_version"]

#: The version of `fh-client`.
sdk_version: str = __version__
