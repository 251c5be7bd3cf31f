"""The operations of scripts and faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Mapping, Optional

from . import answers, inputs
from ._arguments import given, segment
from ._flow import Flow, Request, operation

if TYPE_CHECKING:
    from typing_extensions import Unpack

# pytest leaves the frames of this module out of a failure's traceback.
__tracebackhide__ = True

# The arguments of a fault that are its effect; the others say when it hits.
EFFECT = frozenset(inputs.FaultEffect.__annotations__)


def _fault(match: Optional[inputs.FaultMatch], rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rule as the control plane takes it, with the effect apart."""
    effect = {name: value for name, value in rule.items() if name in EFFECT}
    rest = {name: value for name, value in rule.items() if name not in EFFECT}
    return {**given(match=match, **rest), "do": given(**effect)}


# In these classes `list` is an operation, so the type is written `List`.


class ScriptOperations:
    """The scripts of a world: outcomes set in advance. A run takes its outcomes when it starts."""

    @operation
    def add(
        self,
        match: Optional[inputs.ScriptMatch] = None,
        *,
        id: Optional[str] = None,
        **rule: Unpack[inputs.ScriptRule],
    ) -> Flow[answers.Script]:
        """Adds a script for the steps that match, or for all. See `ScriptRule` for its outcome."""
        reply = yield Request("POST", "scripts", given(match=match, id=id, **rule))
        return answers.Script.from_json(reply.json())

    @operation
    def replace(
        self, id: str, match: Optional[inputs.ScriptMatch] = None, **rule: Unpack[inputs.ScriptRule]
    ) -> Flow[answers.Script]:
        """Replaces a script. The number of steps that it has decided stays."""
        reply = yield Request("PUT", f"scripts/{segment(id)}", given(match=match, **rule))
        return answers.Script.from_json(reply.json())

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
        return answers.Script.from_json((yield Request("GET", f"scripts/{segment(id)}")).json())

    @operation
    def remove(self, id: str) -> Flow[None]:
        """Removes one script."""
        yield Request("DELETE", f"scripts/{segment(id)}")

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
        id: Optional[str] = None,
        **rule: Unpack[inputs.FaultRule],
    ) -> Flow[answers.Fault]:
        """Adds a fault for the requests that match, or for all. See `FaultRule` for its effect."""
        reply = yield Request("POST", "faults", _fault(match, {"id": id, **rule}))
        return answers.Fault.from_json(reply.json())

    @operation
    def replace(
        self, id: str, match: Optional[inputs.FaultMatch] = None, **rule: Unpack[inputs.FaultRule]
    ) -> Flow[answers.Fault]:
        """Replaces a fault. The number of requests that it has hit stays."""
        reply = yield Request("PUT", f"faults/{segment(id)}", _fault(match, rule))
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
        return answers.Fault.from_json((yield Request("GET", f"faults/{segment(id)}")).json())

    @operation
    def remove(self, id: str) -> Flow[None]:
        """Removes one fault."""
        yield Request("DELETE", f"faults/{segment(id)}")

    @operation
    def clear(self) -> Flow[None]:
        """Removes all faults."""
        yield Request("DELETE", "faults")
