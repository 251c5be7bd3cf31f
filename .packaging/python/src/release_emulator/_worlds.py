"""The operations of a world itself, and of the worlds of an emulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional, Union

from . import answers, inputs
from ._arguments import given, past, segment
from ._flow import LONG_TIMEOUT_S, NO_BODY, USUAL_TIMEOUT_S, Flow, Reply, Request, operation
from ._state import StateOperations
from .answers import format_time
from .errors import Refused

# pytest leaves the frames of this module out of a failure's traceback.
__tracebackhide__ = True


# The most resources of one page.
PAGE = 1_000

# The credential of a program if the fixtures have none: any passes without `--auth strict`.
ANY_KEY = {"ak": "any-ak", "sk": "any-sk"}


class WorldOperations:
    """The operations of a world itself."""

    url: str
    _control_token: Optional[str]

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
            is_zadig = path.startswith(("/openapi/", "/api/aslan/"))
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
    ) -> Flow[list[answers.Resource]]:
        """The resources of all families, or of one family or scope, oldest first."""
        found: list[answers.Resource] = []
        while True:
            page = [("limit", str(PAGE)), ("offset", str(len(found)))]
            query = [*given(family=family, scope=scope).items(), *page]
            listed = (yield Request("GET", "resources", query=query)).json()
            found.extend(answers.Resource.from_json(resource) for resource in listed["resources"])
            if len(found) >= listed["count"] or not listed["resources"]:
                return found

    @operation
    def timeline(
        self, family: str, id: str, *, at: Optional[inputs.Time] = None, command: Optional[int] = None
    ) -> Flow[answers.Timeline]:
        """A resource with its transitions, and the forecast of its current run.

        With `at` or `command` it is shown as it was at an instant or right after a command of the history.
        """
        path = f"resources/{segment(family)}/{segment(id)}/timeline"
        reply = yield Request("GET", path, query=past(at, command), timeout_s=LONG_TIMEOUT_S)
        return answers.Timeline.from_json(reply.json())

    @operation
    def history(
        self, *, since: Union[int, inputs.Time, None] = None, limit: Optional[int] = None
    ) -> Flow[answers.History]:
        """The commands that have changed the world, oldest first, at most 1,000 or `limit`.

        `since` is the number of the command after which the list begins, or the instant at which it does.
        """
        first = since if since is None or isinstance(since, int) else format_time(since)
        query = [(name, str(value)) for name, value in given(since=first, limit=limit).items()]
        return answers.History.from_json((yield Request("GET", "history", query=query)).json())

    @operation
    def shift_traffic(self, mesh: str, namespace: str, release: str, *, gray: int) -> Flow[None]:
        """Sets the percentage of the traffic that the grayscale version of an ASM release carries."""
        path = "/".join(segment(part) for part in (mesh, namespace, release))
        yield Request("PUT", f"asm/{path}/traffic", {"gray": gray})

    @operation
    def environment(self) -> Flow[dict[str, str]]:
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
        if self._control_token is not None:
            variables["RELEASE_EMULATOR_CONTROL_TOKEN"] = self._control_token
        key = next(iter(identities.get("access_keys", [])), ANY_KEY)
        variables.update(HUAWEICLOUD_SDK_AK=key["ak"], HUAWEICLOUD_SDK_SK=key["sk"])
        if key.get("security_token"):
            variables["HUAWEICLOUD_SDK_SECURITY_TOKEN"] = key["security_token"]
        users = [user for user in identities.get("users", []) if user["name"] == key.get("user")]
        projects = users[0].get("projects") or [] if users else []
        if len(projects) == 1:
            variables["HUAWEICLOUD_SDK_PROJECT_ID"] = projects[0]["id"]
        return variables


def open_world(options: Mapping[str, Any]) -> Flow[tuple[str, str]]:
    """Opens a world, and returns its name and URL."""
    request = dict(options)
    for instant in ("freeze", "at"):
        if request.get(instant) is not None:
            request[instant] = format_time(request[instant])
    if "step" in request:
        request["step"] = inputs.step_text(request["step"])
    timeout_s = USUAL_TIMEOUT_S
    if "from_" in request:
        request["from"] = request.pop("from_")
        # The commands since the last checkpoint are carried out again.
        timeout_s = LONG_TIMEOUT_S
    opened = (yield Request("POST", "worlds", request, timeout_s=timeout_s)).json()
    return opened["name"], opened["url"]


def list_worlds() -> Flow[list[tuple[str, str]]]:
    """The names and URLs of all worlds."""
    listed = (yield Request("GET", "worlds")).json()
    return [(world["name"], world["url"]) for world in listed["worlds"]]


def close_world(name: str) -> Flow[None]:
    """Closes a world. One that has been closed already stays closed."""
    try:
        yield Request("DELETE", f"worlds/{segment(name)}")
    except Refused as refused:
        if refused.status != 404:
            raise


def is_ready() -> Flow[bool]:
    """True once the emulator serves."""
    reply = yield Request("GET", "ready", accepts=lambda status: True, timeout_s=5)
    return reply.status == 200
