"""The operations of the journal."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from . import answers, inputs
from ._arguments import given, milliseconds
from ._flow import USUAL_TIMEOUT_S, Flow, Request, operation
from .answers import format_time
from .errors import NotVerified

# pytest leaves the frames of this module out of a failure's traceback.
__tracebackhide__ = True


class RequestOperations:
    """The journal of a world: every request to an emulated service, and its response."""

    @operation
    def list(
        self, match: Optional[inputs.RequestFilter] = None, *, limit: Optional[int] = None
    ) -> Flow[answers.Journal]:
        """The requests that match, oldest first; with `limit` only the newest."""
        query = _query(match or {})
        if limit is not None:
            query.append(("limit", str(limit)))
        return answers.Journal.from_json((yield Request("GET", "requests", query=query)).json())

    @operation
    def verify(
        self,
        match: Optional[inputs.RequestFilter] = None,
        *,
        exactly: Optional[int] = None,
        at_least: Optional[int] = None,
        at_most: Optional[int] = None,
        within: Optional[timedelta] = None,
    ) -> Flow[int]:
        """Checks the number of requests that match, by default at least one, and returns it.

        Raises `NotVerified`, an `AssertionError` that shows the nearest requests. `within` waits up to a minute of
        real time for the expectation to hold.
        """
        if exactly is None and at_least is None and at_most is None:
            at_least = 1
        wanted = given(match=match, exactly=exactly, at_least=at_least, at_most=at_most)
        return (yield from _verify(wanted, [match] if match else [], within))

    @operation
    def verify_order(
        self, matches: Sequence[inputs.RequestFilter], *, within: Optional[timedelta] = None
    ) -> Flow[int]:
        """Checks that there is a request for each filter, in this order, with others between them."""
        return (yield from _verify({"in_order": matches}, matches, within))

    @operation
    def clear(self) -> Flow[None]:
        """Empties the journal."""
        yield Request("DELETE", "requests")


def _query(match: Mapping[str, Any]) -> List[Tuple[str, str]]:
    query: List[Tuple[str, str]] = []
    for name, value in match.items():
        if isinstance(value, Mapping):
            query.extend((f"{name}.{part}", _word(condition)) for part, condition in value.items())
        else:
            query.append((name, format_time(value) if name == "since" else _word(value)))
    return query


def _word(condition: Any) -> str:
    if isinstance(condition, str):
        return condition
    if isinstance(condition, (bool, int, float)):
        return json.dumps(condition)
    raise TypeError(
        f"{condition!r} cannot select requests in a list; texts, numbers and booleans can, and verify takes all"
    )


def _verify(
    wanted: Dict[str, Any], matches: Sequence[Any], within: Optional[timedelta]
) -> Flow[int]:
    if within is not None:
        wanted["within_ms"] = milliseconds(within)
    reply = yield Request(
        "POST",
        "requests/verify",
        wanted,
        accepts=lambda status: status < 400 or status == 409,
        timeout_s=USUAL_TIMEOUT_S + (within.total_seconds() if within else 0),
    )
    answer = reply.json()
    if reply.status == 409:
        misses = [answers.NearMiss.from_json(miss) for miss in answer.get("near_misses", [])]
        raise NotVerified(answer["detail"], matches, answer.get("matched", 0), misses)
    matched: int = answer["matched"]
    return matched
