"""Log records of the native module in ``logging``. The native module imports this module when the first client is made."""

from __future__ import annotations

import logging

from ._native import set_log_level

LEVELS = (5, logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)
LOGGER = logging.getLogger("fh_client")


def adopt_level() -> None:
    """Tell the native module which records the program wants."""
    set_log_level(next((level for level in LEVELS if LOGGER.isEnabledFor(level)), None))


def log(records: list[tuple[int, str, dict[str, str]]]) -> None:
    """Give records to the handlers of the program."""
    for level, message, fields in records:
        if LOGGER.isEnabledFor(level):
            # The record has no place in a Python file.
            LOGGER.handle(LOGGER.makeRecord(LOGGER.name, level, "(fh_client)", 0, message, (), None, extra={"fields": fields}))
    adopt_level()
