"""The exceptions of the package."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from .answers import NearMiss


class EmulatorError(Exception):
    """The base of all errors of the package."""


class StartError(EmulatorError):
    """The emulator did not start. The text contains its error output."""


class Unreachable(EmulatorError):
    """Nothing answers at the emulator's address."""


class Refused(EmulatorError):
    """The control plane refused a call.

    `status` and `detail` are those of the answer, `hint` the emulator's advice if it has one.
    """

    def __init__(self, call: str, status: int, detail: str, hint: Optional[str] = None) -> None:
        self.call = call
        self.status = status
        self.detail = detail
        self.hint = hint
        advice = f" ({hint})" if hint and hint not in detail else ""
        super().__init__(f"{call} returned {status}: {detail}{advice}")


class NotVerified(EmulatorError, AssertionError):
    """The journal does not have the expected requests.

    The text lists the requests that came nearest, with the fields that differ.
    """

    def __init__(
        self,
        detail: str,
        expected: Sequence[Mapping[str, Any]],
        matched: int,
        near_misses: Sequence[NearMiss],
    ) -> None:
        self.detail = detail
        self.matched = matched
        self.near_misses = list(near_misses)
        super().__init__("\n".join(_explain(detail, expected, near_misses)))


def _explain(
    detail: str, expected: Sequence[Mapping[str, Any]], near_misses: Sequence[NearMiss]
) -> list[str]:
    lines = [detail]
    lines.extend(f"  expected: {_show(match)}" for match in expected)
    if near_misses:
        lines.append("  nearest requests:")
    for miss in near_misses:
        lines.append(f"    {miss.method} {miss.path} returned {miss.status} (request {miss.id})")
        for difference in miss.differs:
            wanted, got = _show(difference.wanted), _show(difference.got)
            lines.append(f"      {difference.field}: expected {wanted}, got {got}")
    return lines


def _show(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
