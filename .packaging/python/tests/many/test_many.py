"""Forty tests, each in a world of its own, to be run in parallel and often: none may depend on another or on luck."""

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from release_emulator import AsyncWorld, World

PIPELINES = "/v3/p1/pipeline/pipelines"
PLANS = "/v3/p1/cas/release-plans"
RELEASES = "/v2/meshes/m1/namespaces/default/releases"
VERSIONS = "/openapi/delivery/releases"
NEW_YEAR = datetime(2030, 1, 1, tzinfo=timezone.utc)

four_times = pytest.mark.parametrize("round", range(4))


def pipeline(world: World, *stages: Any) -> str:
    body = {"name": "shop", "model_version": 2, "config_mode": "ui", "stages": list(stages)}
    made: str = world.call("POST", PIPELINES, body).json()["id"]
    return made


def act(world: World, made: str, action: str, body: Any = None) -> int:
    path = f"{PIPELINES}/{made}/action?action_id={action}"
    return (world.call("POST", path, body) if body else world.call("POST", path)).status


BUILD = {"name": "build", "tasks": [{"name": "compile"}]}
DEPLOY = {"name": "deploy", "tasks": [{"name": "roll-out"}]}
APPROVED = {"name": "deploy", "approval_type": 1, "tasks": [{"name": "roll-out"}]}


@four_times
def test_a_pipeline_succeeds(world: World, round: int) -> None:
    made = pipeline(world, BUILD, DEPLOY)
    assert act(world, made, "start") == 200
    assert world.clock.advance(until="idle").now == NEW_YEAR + timedelta(seconds=4)
    assert world.resources()[0].word == "succeeded"


@four_times
def test_a_pipeline_fails_and_is_retried(world: World, round: int) -> None:
    world.scripts.add({"step": "roll-out"}, outcome="fail", times=1)
    made = pipeline(world, BUILD, DEPLOY)
    act(world, made, "start")
    world.clock.advance(until={"family": "pipelines", "id": made, "status": "failed"})
    assert act(world, made, "retry") == 200
    world.clock.advance(until={"family": "pipelines", "id": made, "status": "succeeded"})
    assert world.scripts.unused() == []


@four_times
def test_a_gate_waits_for_its_approval(world: World, round: int) -> None:
    made = pipeline(world, BUILD, APPROVED)
    act(world, made, "start")
    world.clock.advance(timedelta(days=300))
    assert world.resources()[0].word == "to be approved"
    assert act(world, made, "approval", {"task_name": "deploy", "approval_type": "agree"}) == 200
    world.clock.advance(until="idle")
    assert world.resources()[0].word == "succeeded"


@four_times
def test_a_plan_runs_batch_by_batch(world: World, round: int) -> None:
    parts = [{"seq": seq, "name": f"part-{seq}", "runtime_stack": {"name": "java"}} for seq in range(round + 1)]
    made = world.call("POST", PLANS, {"name": "spring", "components": parts}).json()["id"]
    world.call("POST", f"{PLANS}/{made}/execute")
    assert world.clock.advance(until="idle").now == NEW_YEAR + timedelta(seconds=2 * (round + 1))
    assert world.timeline("plans", made).status == "SUCCESS"


@four_times
def test_a_release_is_created_and_ended(world: World, round: int) -> None:
    gray = [{"template": {"kind": "Deployment"}}]
    spec = {"serviceName": "reviews", "version": "v2", "grayDeployments": gray}
    body = {"metadata": {"name": "reviews-v2"}, "spec": spec}
    assert world.call("POST", RELEASES, body).status == 201
    world.clock.advance(until="idle")
    assert world.call("DELETE", f"{RELEASES}/reviews-v2?action=end").status == 200
    assert [left.kind for left in world.resources()] == ["mesh"]


@four_times
def test_a_version_is_pushed(world: World, round: int) -> None:
    images = [{"container_name": "web", "image_name": "web", "image_tag": "1.0"}]
    body = {
        "project_key": "shop",
        "version_name": "v1",
        "env_name": "prod",
        "image_registry_id": "r1",
        "yaml_datas": [{"service_name": "web", "image_datas": images}],
    }
    assert world.call("POST", f"{VERSIONS}/k8s", body).json() == {"message": "success"}
    world.clock.advance(until="idle")
    assert [version.status for version in world.resources(family="zadig")] == ["success"]


@four_times
def test_ids_are_the_same_in_every_world(world: World, round: int) -> None:
    made = pipeline(world, BUILD)
    assert made == "238edbca-bf17-472f-a1c9-1641da5acee1"


@four_times
def test_a_fault_hits_its_own_world(world: World, round: int) -> None:
    world.faults.add({"operation": "ListPipelines"}, status=503, times=round + 1)
    statuses = [world.call("GET", PIPELINES).status for _ in range(round + 2)]
    assert statuses == [503] * (round + 1) + [200]
    world.requests.verify({"operation": "ListPipelines"}, exactly=round + 2)


@four_times
def test_asyncio_has_worlds_too(async_world: AsyncWorld, round: int) -> None:
    async def story() -> None:
        replies = await asyncio.gather(*(async_world.call("GET", PIPELINES) for _ in range(10)))
        assert [reply.json() for reply in replies] == [[]] * 10
        assert await async_world.requests.verify(exactly=10) == 10

    asyncio.run(story())


@four_times
def test_events_and_states_stay_at_home(world: World, round: int) -> None:
    with world.events(timeout_s=60) as events:
        made = pipeline(world, BUILD)
        names = [next(events).name for _ in range(2)]
    assert sorted(names) == ["request", "transition"]
    state = world.state.get()
    world.reset()
    assert world.resources() == []
    world.state.put(state)
    assert [resource.id for resource in world.resources()] == [made]
