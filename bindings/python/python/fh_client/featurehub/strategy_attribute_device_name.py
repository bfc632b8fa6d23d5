"""The kinds of devices that FeatureHub's consoles offer."""

from enum import Enum

__all__ = ["StrategyAttributeDeviceName"]


class StrategyAttributeDeviceName(Enum):
    """A value of the attribute `device`."""

    Browser = "browser"
    Mobile = "mobile"
    Desktop = "desktop"
    Server = "server"
    Watch = "watch"
    Embedded = "embedded"
