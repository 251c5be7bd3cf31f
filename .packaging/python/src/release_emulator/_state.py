"""The operations of the state and of webhooks."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from . import answers, inputs
from ._arguments import given, segment
from ._flow import Flow, Request, operation

# pytest leaves the frames of this module out of a failure's traceback.
__tracebackhide__ = True


class StateOperations:
    """The whole state of a world, in the fixture format."""

    @operation
    def get(self, *, secrets: bool = True) -> Flow[Dict[str, Any]]:
        """Exports the state. With `secrets=False` its secrets are masked, for a bug report; such a state cannot be put."""
        query = [] if secrets else [("secrets", "false")]
        state: Dict[str, Any] = (yield Request("GET", "state", query=query)).json()
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
