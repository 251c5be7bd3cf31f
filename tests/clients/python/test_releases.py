"""Grayscale releases: no SDK has typed calls for them, so every operation is a raw call that the SDK signs."""

from typing import Any

import pytest
from huaweicloudsdkasm.v1 import AsmClient

import sdk
from given import STEP_MS
from release_emulator import World
from sdk import call, refused, starting

ALL = "/v2/meshes/{mesh}/releases"
RELEASES = "/v2/meshes/{mesh}/namespaces/{namespace}/releases"
RELEASE = "/v2/meshes/{mesh}/namespaces/{namespace}/releases/{release}"

NOT_FOUND = (404, "ASM.01010002", "Resource not found.")
EXISTS = (409, "ASM.01010003", "The resource already exists.")


def at(release: str | None = None, mesh: str = "mesh-one", namespace: str = "default") -> dict[str, str]:
    """The names of a path."""
    return {"mesh": mesh, "namespace": namespace} | ({"release": release} if release else {})


def deployment(image: str) -> dict[str, Any]:
    return {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}}}


def release(name: str = "reviews-v2", service: str = "reviews", image: str = "shop/reviews:2") -> dict[str, Any]:
    gray = [{"clusterID": "cluster-1", "template": deployment(image)}]
    return {"kind": "Release", "apiVersion": "asm/v2", "metadata": {"name": name},
            "spec": {"serviceName": service, "version": "v2", "grayDeployments": gray}}


def create(asm: AsmClient, **parts: str) -> dict[str, Any]:
    return call(asm, "POST", RELEASES, release(**parts), **at()).json


def names(asm: AsmClient) -> list[str]:
    return [item["metadata"]["name"] for item in call(asm, "GET", ALL, mesh="mesh-one").json["items"]]


def test_a_created_release_is_answered_whole(asm: AsmClient) -> None:
    created = call(asm, "POST", RELEASES, release(), **at())

    uid = created.json["metadata"]["uid"]
    assert created.status_code == 201
    assert created.json == {
        "kind": "Release",
        "apiVersion": "asm/v2",
        "metadata": {"meshID": "mesh-one", "name": "reviews-v2", "uid": uid, "namespace": "default"},
        "spec": {"serviceName": "reviews", "clusterID": "", "deploymentName": "", "version": "v2", "type": "canary",
                 "grayDeployments": [{"clusterID": "cluster-1", "template": deployment("shop/reviews:2")}]},
        "status": {"phase": "Creating", "startTime": "2040-01-01T00:00:00Z", "updateTime": "2040-01-01T00:00:00Z",
                   "deployment": {}, "grayDeployments": [deployment("shop/reviews:2")]},
    }


def test_a_release_runs_one_step_after_its_creation(world: World, asm: AsmClient) -> None:
    create(asm)

    advanced = world.clock.advance(ms=STEP_MS)

    assert [(change.name, change.from_, change.to) for change in advanced.transitions] == [
        ("reviews-v2", "Creating", "Running")]
    assert call(asm, "GET", RELEASE, **at("reviews-v2")).json["status"]["phase"] == "Running"


def test_a_release_is_found_by_its_id_and_by_its_name(asm: AsmClient) -> None:
    created = create(asm)

    by_id = call(asm, "GET", RELEASE, **at(created["metadata"]["uid"])).json
    by_name = call(asm, "GET", RELEASE, **at("reviews-v2")).json

    assert by_id == by_name == created


def test_the_list_has_the_releases_of_all_namespaces(asm: AsmClient) -> None:
    here = create(asm)
    there = call(asm, "POST", RELEASES, release(), **at(namespace="shop")).json

    listed = call(asm, "GET", ALL, mesh="mesh-one").json

    assert (listed["kind"], listed["apiVersion"]) == ("ReleaseList", "asm/v2")
    assert sorted(item["metadata"]["namespace"] for item in listed["items"]) == ["default", "shop"]
    assert here in listed["items"] and there in listed["items"]


def test_an_update_changes_the_image(world: World, asm: AsmClient) -> None:
    create(asm)
    world.clock.advance(ms=STEP_MS)

    updated = call(asm, "PUT", RELEASE, release(image="shop/reviews:3"), **at("reviews-v2"))

    seen = call(asm, "GET", RELEASE, **at("reviews-v2")).json
    assert (updated.status_code, updated.json) == (200, None)
    assert seen["status"]["grayDeployments"] == [deployment("shop/reviews:3")]
    assert seen["status"]["updateTime"] == "2040-01-01T00:00:02Z"


def test_an_update_may_not_change_the_repository(asm: AsmClient) -> None:
    create(asm)

    with refused(400, "ASM.01010001", starting("Invalid request. spec.grayDeployments[0].template.")):
        call(asm, "PUT", RELEASE, release(image="elsewhere/reviews:3"), **at("reviews-v2"))

    assert call(asm, "GET", RELEASE, **at("reviews-v2")).json["status"]["grayDeployments"] == [
        deployment("shop/reviews:2")]


@pytest.mark.parametrize("action", ["cancel", "end"])
def test_a_release_that_was_ended_or_cancelled_is_gone(world: World, asm: AsmClient, action: str) -> None:
    create(asm)
    world.clock.advance(ms=STEP_MS)

    deleted = call(asm, "DELETE", RELEASE, query=[("action", action)], **at("reviews-v2"))

    assert (deleted.status_code, deleted.json) == (200, None)
    assert names(asm) == []
    with refused(*NOT_FOUND):
        call(asm, "GET", RELEASE, **at("reviews-v2"))


@pytest.mark.parametrize("query", [[], [("action", "remove")]])
def test_a_deletion_must_say_which_version_stays(asm: AsmClient, query: list[tuple[str, str]]) -> None:
    create(asm)

    with refused(400, "ASM.01010001", starting("Invalid request. action: ")):
        call(asm, "DELETE", RELEASE, query=query, **at("reviews-v2"))
    assert names(asm) == ["reviews-v2"]


@pytest.mark.parametrize(("action", "too_early", "in_time"), [("end", 99, 100), ("cancel", 1, 0)])
def test_the_version_that_stays_must_carry_all_traffic(
        world: World, asm: AsmClient, action: str, too_early: int, in_time: int) -> None:
    create(asm)
    world.shift_traffic("mesh-one", "default", "reviews-v2", gray=too_early)

    with refused(400, "ASM.01010001", starting("Invalid request. action: ")):
        call(asm, "DELETE", RELEASE, query=[("action", action)], **at("reviews-v2"))

    world.shift_traffic("mesh-one", "default", "reviews-v2", gray=in_time)
    call(asm, "DELETE", RELEASE, query=[("action", action)], **at("reviews-v2"))
    assert names(asm) == []


@pytest.mark.parametrize("second", [{"service": "ratings"}, {"name": "reviews-v3"}],
                         ids=["the same name", "the same service"])
def test_a_name_and_a_service_have_one_release_at_a_time(asm: AsmClient, second: dict[str, str]) -> None:
    create(asm)

    with refused(*EXISTS):
        create(asm, **second)

    call(asm, "DELETE", RELEASE, query=[("action", "end")], **at("reviews-v2"))
    create(asm, **second)


def test_a_release_that_cannot_be_created_has_failed(world: World, asm: AsmClient) -> None:
    world.scripts.add({"family": "asm", "scope": "mesh-one", "work": "create"}, outcome="fail")

    create(asm)
    world.clock.advance(ms=STEP_MS)

    assert call(asm, "GET", RELEASE, **at("reviews-v2")).json["status"]["phase"] == "Failed"


def test_a_body_that_contradicts_the_path_is_refused(asm: AsmClient) -> None:
    body = release()
    body["metadata"]["namespace"] = "elsewhere"

    with refused(400, "ASM.01010001", starting("Invalid request. metadata.namespace: ")):
        call(asm, "POST", RELEASES, body, **at())


def test_a_release_of_another_project_is_out_of_sight(world: World, asm: AsmClient) -> None:
    create(asm)

    with refused(*NOT_FOUND):
        call(sdk.asm(world.url, project=sdk.EAST), "GET", ALL, mesh="mesh-one")
