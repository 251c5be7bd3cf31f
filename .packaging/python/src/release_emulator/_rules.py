"""The operations of scripts and faults."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence

from . import answers, inputs
from ._arguments import given, segment
from ._flow import Flow, Request, operation

# pytest leaves the frames of this module out of a failure's traceback.
__tracebackhide__ = True


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
        rule = given(
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
        effect = given(
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
        rule = given(
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
        return answers.Fault.from_json((yield Request("GET", f"faults/{segment(id)}")).json())

    @operation
    def remove(self, id: str) -> Flow[None]:
        """Removes one fault."""
        yield Request("DELETE", f"faults/{segment(id)}")

    @operation
    def clear(self) -> Flow[None]:
        """Removes all faults."""
        yield Request("DELETE", "faults")
