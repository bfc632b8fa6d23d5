"""The texts of a context's attribute."""

from __future__ import annotations


class Texts(tuple[str, ...]):
    """The values of an attribute of a context, as texts.

    The class tells them from a list that a program gives: FeatBit and FeatureSignals read a list of one as another text
    than its element.
    """

    __slots__ = ()
