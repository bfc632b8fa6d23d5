"""The platforms that FeatureHub's consoles offer."""

from enum import Enum

__all__ = ["StrategyAttributePlatformName"]


class StrategyAttributePlatformName(Enum):
    """A value of the attribute `platform`."""

    Linux = "linux"
    Windows = "windows"
    Macos = "macos"
    Android = "android"
    Ios = "ios"
