"""The operations of the control plane, each described once for the blocking and the asyncio interface."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import quote

from . import answers, inputs
from ._flow import LONG_TIMEOUT_S, NO_BODY, USUAL_TIMEOUT_S, Flow, Reply, Request, operation
from .answers import format_time
from .errors import NotVerified, Refused

# pytest leaves the frames of this module out of a failure's traceback.
__tracebackhide__ = True


def _given(**fields: Any) -> Dict[str, Any]:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def _segment(text: str) -> str:
    return quote(text, safe="")


class ClockOperations:
    """The virtual clock of a world."""

    @operation
    def show(self) -> Flow[answers.ClockState]:
        """The clock: its instant, its mode (`running` or `frozen`) and its pace."""
        return answers.ClockState.from_json((yield Request("GET", "clock")).json())

    @operation
    def set(
        self,
        now: Optional[inputs.Time] = None,
        *,
        mode: Optional[str] = None,
        pace: Optional[float] = None,
    ) -> Flow[answers.ClockState]:
        """Sets any of the instant, the mode and the pace. Only a reset moves time back."""
        setting = _given(now=now and format_time(now), mode=mode, pace=pace)
        reply = yield Request("PUT", "clock", setting, timeout_s=LONG_TIMEOUT_S)
        return answers.ClockState.from_json(reply.json())

    @operation
    def freeze(self, at: Optional[inputs.Time] = None) -> Flow[answers.ClockState]:
        """Stops the clock, at an instant if one is given."""
        return (yield from ClockOperations.set(self, at, mode="frozen"))

    @operation
    def run(self, pace: Optional[float] = None) -> Flow[answers.ClockState]:
        """Lets the clock run, at a pace of virtual seconds per real second if one is given."""
        return (yield from ClockOperations.set(self, mode="running", pace=pace))

    @operation
    def advance(
        self,
        duration: Optional[timedelta] = None,
        *,
        ms: Optional[int] = None,
        seconds: Optional[float] = None,
        until: Union[str, inputs.ClockTarget, None] = None,
        within: Optional[timedelta] = None,
    ) -> Flow[answers.Advance]:
        """Moves the clock forward, and returns the transitions on the way.

        Give one of a `timedelta`, `ms`, `seconds` and `until`. The target `until` is `"next"` (the next change of any
        resource), `"idle"` (time alone moves no run any more), or a status of a resource. It must be reached `within`
        a virtual duration, by default a day; otherwise the call is refused with the reason, and the clock stays.
        """
        lengths = [length for length in (duration, ms, seconds, until) if length is not None]
        if len(lengths) != 1:
            raise TypeError("advance takes one of a timedelta, ms, seconds and until")
        if within is not None and until is None:
            raise TypeError("within goes with until")
        if seconds is not None:
            ms = round(seconds * 1000)
        elif duration is not None:
            ms = _milliseconds(duration)
        wanted = _given(ms=ms, until=until, within_ms=within and _milliseconds(within))
        reply = yield Request("POST", "clock/advance", wanted, timeout_s=LONG_TIMEOUT_S)
        return answers.Advance.from_json(reply.json())


def _milliseconds(duration: timedelta) -> int:
    return round(duration / timedelta(milliseconds=1))


class ScriptOperations:
    """The scripts of a world: outcomes set in advance. A run takes its outcomes when it starts."""

    @operation
    def add(
        self,
        match: Optional[inputs.ScriptMatch] = None,
        *,
        outcome: Optional[str] = None,
        message: Optional[str] = None,
        takes_ms: Optional[inputs.Length] = None,
        times: Optional[int] = None,
        sequence: Optional[inputs.Sequences] = None,
        priority: Optional[int] = None,
        probability: Optional[float] = None,
        seed: Optional[int] = None,
        enabled: Optional[bool] = None,
        id: Optional[str] = None,
    ) -> Flow[answers.Script]:
        """Adds a script for the steps that match. `outcome` is `succeed` (default), `fail` or `hang`."""
        rule = _given(
            match=match,
            outcome=outcome,
            message=message,
            takes_ms=takes_ms,
            times=times,
            sequence=sequence,
            priority=priority,
            probability=probability,
            seed=seed,
            enabled=enabled,
            id=id,
        )
        return answers.Script.from_json((yield Request("POST", "scripts", rule)).json())

    @operation
    def list(self) -> Flow[List[answers.Script]]:
        """All scripts, in the order in which they are tried."""
        listed = (yield Request("GET", "scripts")).json()
        return [answers.Script.from_json(script) for script in listed["scripts"]]

    @operation
    def unused(self) -> Flow[List[answers.Script]]:
        """The scripts that have decided nothing so far."""
        return [script for script in (yield from ScriptOperations.list(self)) if script.used == 0]

    @operation
    def show(self, id: str) -> Flow[answers.Script]:
        """One script."""
        return answers.Script.from_json((yield Request("GET", f"scripts/{_segment(id)}")).json())

    @operation
    def remove(self, id: str) -> Flow[None]:
        """Removes one script."""
        yield Request("DELETE", f"scripts/{_segment(id)}")

    @operation
    def clear(self) -> Flow[None]:
        """Removes all scripts."""
        yield Request("DELETE", "scripts")


class FaultOperations:
    """The faults of a world: failures of requests."""

    @operation
    def add(
        self,
        match: Optional[inputs.FaultMatch] = None,
        *,
        status: Optional[int] = None,
        code: Optional[str] = None,
        message: Optional[str] = None,
        headers: Optional[Mapping[str, Any]] = None,
        body: Any = None,
        patch: Optional[Sequence[inputs.PatchOperation]] = None,
        delay_ms: Optional[inputs.Length] = None,
        drop: Optional[str] = None,
        garbage: Optional[bool] = None,
        slow_bytes_per_s: Optional[int] = None,
        times: Optional[int] = None,
        after: Optional[int] = None,
        probability: Optional[float] = None,
        seed: Optional[int] = None,
        ttl_ms: Optional[int] = None,
        priority: Optional[int] = None,
        enabled: Optional[bool] = None,
        id: Optional[str] = None,
    ) -> Flow[answers.Fault]:
        """Adds a fault for the requests that match, or for all. The fields mean what they mean in the control plane."""
        effect = _given(
            status=status,
            code=code,
            message=message,
            headers=headers,
            body=body,
            patch=patch,
            delay_ms=delay_ms,
            drop=drop,
            garbage=garbage,
            slow_bytes_per_s=slow_bytes_per_s,
        )
        rule = _given(
            match=match,
            times=times,
            after=after,
            probability=probability,
            seed=seed,
            ttl_ms=ttl_ms,
            priority=priority,
            enabled=enabled,
            id=id,
        )
        reply = yield Request("POST", "faults", {**rule, "do": effect})
        return answers.Fault.from_json(reply.json())

    @operation
    def list(self) -> Flow[List[answers.Fault]]:
        """All faults, in the order in which they are tried."""
        listed = (yield Request("GET", "faults")).json()
        return [answers.Fault.from_json(fault) for fault in listed["faults"]]

    @operation
    def unused(self) -> Flow[List[answers.Fault]]:
        """The enabled faults that have hit nothing so far."""
        faults = yield from FaultOperations.list(self)
        return [fault for fault in faults if fault.used == 0 and fault.enabled]

    @operation
    def show(self, id: str) -> Flow[answers.Fault]:
        """One fault."""
        return answers.Fault.from_json((yield Request("GET", f"faults/{_segment(id)}")).json())

    @operation
    def remove(self, id: str) -> Flow[None]:
        """Removes one fault."""
        yield Request("DELETE", f"faults/{_segment(id)}")

    @operation
    def clear(self) -> Flow[None]:
        """Removes all faults."""
        yield Request("DELETE", "faults")


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
        wanted = _given(match=match, exactly=exactly, at_least=at_least, at_most=at_most)
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
        wanted["within_ms"] = _milliseconds(within)
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


class StateOperations:
    """The whole state of a world, in the fixture format."""

    @operation
    def get(self) -> Flow[Dict[str, Any]]:
        """Exports the state."""
        state: Dict[str, Any] = (yield Request("GET", "state")).json()
        return state

    @operation
    def put(self, state: inputs.State) -> Flow[None]:
        """Replaces the state."""
        yield Request("PUT", "state", state)

    @operation
    def patch(self, state: inputs.State) -> Flow[None]:
        """Merges a state into the present one, by ids."""
        yield Request("PATCH", "state", state)

    @operation
    def reset(self, *, to: str = "fixtures") -> Flow[None]:
        """Goes back to the fixtures, or with `to="empty"` to nothing, and resets clock, rules and journal."""
        yield Request("POST", "reset", {"to": to})


class WebhookOperations:
    """The webhooks of a world: addresses that are told of transitions."""

    @operation
    def add(
        self,
        url: str,
        *,
        secret: Optional[str] = None,
        match: Optional[inputs.TransitionMatch] = None,
    ) -> Flow[answers.Webhook]:
        """Adds a webhook for the transitions that match. With a secret the bodies are signed."""
        reply = yield Request("POST", "webhooks", _given(url=url, secret=secret, match=match))
        return answers.Webhook.from_json(reply.json())

    @operation
    def list(self) -> Flow[List[answers.Webhook]]:
        """All webhooks, without their attempts."""
        listed = (yield Request("GET", "webhooks")).json()
        return [answers.Webhook.from_json(webhook) for webhook in listed["webhooks"]]

    @operation
    def show(self, id: str) -> Flow[answers.Webhook]:
        """One webhook, with its latest attempts."""
        return answers.Webhook.from_json((yield Request("GET", f"webhooks/{_segment(id)}")).json())

    @operation
    def remove(self, id: str) -> Flow[None]:
        """Removes one webhook."""
        yield Request("DELETE", f"webhooks/{_segment(id)}")

    @operation
    def clear(self) -> Flow[None]:
        """Removes all webhooks."""
        yield Request("DELETE", "webhooks")


# The most resources of one page.
PAGE = 1_000

# The credential of a program if the fixtures have none: any passes without `--auth strict`.
ANY_KEY = {"ak": "any-ak", "sk": "any-sk"}


class WorldOperations:
    """The operations of a world itself."""

    url: str

    @operation
    def call(
        self,
        method: str,
        path: str,
        body: Any = NO_BODY,
        *,
        headers: Optional[Mapping[str, str]] = None,
    ) -> Flow[Reply]:
        """Sends a request to an emulated service, with `body` as JSON, and returns whatever it answers.

        Unless `headers` has a credential, the request carries one that passes without `--auth strict`.
        """
        sent = dict(headers or {})
        names = {name.lower() for name in sent}
        if not names & {"authorization", "x-auth-token"}:
            is_zadig = path.startswith("/openapi/")
            sent.update({"Authorization": "Bearer any"} if is_zadig else {"X-Auth-Token": "any"})
        if not path.startswith("/"):
            raise ValueError(f'the path "{path}" must begin with a slash')
        return (yield Request(method, path, body, headers=sent, accepts=lambda status: True))

    @operation
    def reset(self, *, to: str = "fixtures") -> Flow[None]:
        """Goes back to the fixtures, or with `to="empty"` to nothing, and resets clock, rules and journal."""
        yield from StateOperations.reset(self, to=to)

    @operation
    def resources(
        self, *, family: Optional[str] = None, scope: Optional[str] = None
    ) -> Flow[List[answers.Resource]]:
        """The resources of all families, or of one family or scope, oldest first."""
        found: List[answers.Resource] = []
        while True:
            page = [("limit", str(PAGE)), ("offset", str(len(found)))]
            query = [*_given(family=family, scope=scope).items(), *page]
            listed = (yield Request("GET", "resources", query=query)).json()
            found.extend(answers.Resource.from_json(resource) for resource in listed["resources"])
            if len(found) >= listed["count"] or not listed["resources"]:
                return found

    @operation
    def timeline(self, family: str, id: str) -> Flow[answers.Timeline]:
        """A resource with its transitions, and the forecast of its current run."""
        path = f"resources/{_segment(family)}/{_segment(id)}/timeline"
        return answers.Timeline.from_json((yield Request("GET", path)).json())

    @operation
    def shift_traffic(self, mesh: str, namespace: str, release: str, *, gray: int) -> Flow[None]:
        """Sets the percentage of the traffic that the grayscale version of an ASM release carries."""
        path = "/".join(_segment(part) for part in (mesh, namespace, release))
        yield Request("PUT", f"asm/{path}/traffic", {"gray": gray})

    @operation
    def environment(self) -> Flow[Dict[str, str]]:
        """The environment variables that `release-emulator exec` sets, for this world.

        They point the official Huawei SDKs at the world, with the first access key of its fixtures, or else with one
        that passes without `--auth strict`.
        """
        identities = (yield from StateOperations.get(self)).get("identities", {})
        variables = dict.fromkeys(
            [
                "RELEASE_EMULATOR_URL",
                "HUAWEICLOUD_SDK_IAM_ENDPOINT",
                "HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4",
                "HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4",
            ],
            self.url,
        )
        key = next(iter(identities.get("access_keys", [])), ANY_KEY)
        variables.update(HUAWEICLOUD_SDK_AK=key["ak"], HUAWEICLOUD_SDK_SK=key["sk"])
        if key.get("security_token"):
            variables["HUAWEICLOUD_SDK_SECURITY_TOKEN"] = key["security_token"]
        users = [user for user in identities.get("users", []) if user["name"] == key.get("user")]
        projects = users[0].get("projects") or [] if users else []
        if len(projects) == 1:
            variables["HUAWEICLOUD_SDK_PROJECT_ID"] = projects[0]["id"]
        return variables


def open_world(options: Mapping[str, Any]) -> Flow[Tuple[str, str]]:
    """Opens a world, and returns its name and URL."""
    request = dict(options)
    if request.get("freeze") is not None:
        request["freeze"] = format_time(request["freeze"])
    if "step" in request:
        request["step"] = inputs.step_text(request["step"])
    opened = (yield Request("POST", "worlds", request)).json()
    return opened["name"], opened["url"]


def list_worlds() -> Flow[List[Tuple[str, str]]]:
    """The names and URLs of all worlds."""
    listed = (yield Request("GET", "worlds")).json()
    return [(world["name"], world["url"]) for world in listed["worlds"]]


def close_world(name: str) -> Flow[None]:
    """Closes a world. One that has been closed already stays closed."""
    try:
        yield Request("DELETE", f"worlds/{_segment(name)}")
    except Refused as refused:
        if refused.status != 404:
            raise


def is_ready() -> Flow[bool]:
    """True once the emulator serves."""
    reply = yield Request("GET", "ready", accepts=lambda status: True, timeout_s=5)
    return reply.status == 200
