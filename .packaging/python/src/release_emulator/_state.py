"""The operations of the state, of snapshots and of webhooks."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from . import answers, inputs
from ._arguments import given, past, segment
from ._flow import LONG_TIMEOUT_S, Flow, Request, operation

# pytest leaves the frames of this module out of a failure's traceback.
__tracebackhide__ = True


class StateOperations:
    """The whole state of a world, in the fixture format."""

    @operation
    def get(
        self, *, secrets: bool = True, at: Optional[inputs.Time] = None, command: Optional[int] = None
    ) -> Flow[Dict[str, Any]]:
        """Exports the state, or with `at` or `command` the state of an instant or right after a command of the history.

        With `secrets=False` its secrets are masked, for a bug report; such a state cannot be put.
        """
        query = [*([] if secrets else [("secrets", "false")]), *past(at, command)]
        state: Dict[str, Any] = (yield Request("GET", "state", query=query, timeout_s=LONG_TIMEOUT_S)).json()
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


class SnapshotOperations:
    """The snapshots of a world: instants with a name, to go back to. They copy nothing."""

    @operation
    def add(self, name: str) -> Flow[answers.Snapshot]:
        """Gives the present instant a name."""
        return answers.Snapshot.from_json((yield Request("POST", "snapshots", {"name": name})).json())

    @operation
    def list(self) -> Flow[List[answers.Snapshot]]:
        """All snapshots that can be reached, oldest first."""
        listed = (yield Request("GET", "snapshots")).json()
        return [answers.Snapshot.from_json(snapshot) for snapshot in listed["snapshots"]]

    @operation
    def restore(self, name: str) -> Flow[answers.Rewind]:
        """Sets the world back to a snapshot, as `clock.rewind` does, and returns what it dropped. The snapshot stays."""
        reply = yield Request("POST", f"snapshots/{segment(name)}/restore", timeout_s=LONG_TIMEOUT_S)
        return answers.Rewind.from_json(reply.json())

    @operation
    def remove(self, name: str) -> Flow[None]:
        """Removes one snapshot. Its instant can still be reached."""
        yield Request("DELETE", f"snapshots/{segment(name)}")


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
        reply = yield Request("POST", "webhooks", given(url=url, secret=secret, match=match))
        return answers.Webhook.from_json(reply.json())

    @operation
    def list(self) -> Flow[List[answers.Webhook]]:
        """All webhooks, without their attempts."""
        listed = (yield Request("GET", "webhooks")).json()
        return [answers.Webhook.from_json(webhook) for webhook in listed["webhooks"]]

    @operation
    def show(self, id: str) -> Flow[answers.Webhook]:
        """One webhook, with its latest attempts."""
        return answers.Webhook.from_json((yield Request("GET", f"webhooks/{segment(id)}")).json())

    @operation
    def remove(self, id: str) -> Flow[None]:
        """Removes one webhook."""
        yield Request("DELETE", f"webhooks/{segment(id)}")

    @operation
    def clear(self) -> Flow[None]:
        """Removes all webhooks."""
        yield Request("DELETE", "webhooks")
