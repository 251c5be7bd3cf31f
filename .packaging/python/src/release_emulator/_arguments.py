"""Arguments as the control plane takes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

# pytest leaves the frames of this module out of a failure's traceback.
__tracebackhide__ = True


def given(**fields: Any) -> dict[str, Any]:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def segment(text: str) -> str:
    return quote(text, safe="")


def milliseconds(duration: timedelta) -> int:
    if not isinstance(duration, timedelta):
        raise TypeError(f"{duration!r} is not a timedelta, such as timedelta(seconds=2)")
    return round(duration / timedelta(milliseconds=1))
