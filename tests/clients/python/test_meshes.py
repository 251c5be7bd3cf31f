"""Meshes: the SDK's typed calls read every answer into their models, and the raw calls see the documented bodies."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from huaweicloudsdkasm.v1 import (
    AsmClient,
    CreateMeshRequest,
    DeleteMeshRequest,
    FieldSelector,
    InstallationConfig,
    ListMeshesRequest,
    Mesh,
    MeshCluster,
    MeshExtendParams,
    MeshMetadata,
    MeshSpec,
    Selector,
    ShowMeshRequest,
)

import sdk
from given import STEP_MS
from release_emulator import World
from sdk import call, refused, starting

MIDNIGHT = datetime(2040, 1, 1, tzinfo=timezone.utc)
MESHES = "/v1/{project_id}/meshes"
MESH = "/v1/{project_id}/meshes/{mesh}"


def mesh(name: str = "mesh-one", version: str | None = "v1.18.7-r5") -> Mesh:
    nodes = Selector(FieldSelector(key="UID", operator="In", values=["node-1", "node-2"]))
    cluster = MeshCluster(cluster_id="cluster-1", installation=InstallationConfig(nodes=nodes))
    spec = MeshSpec(type="InCluster", version=version, extend_params=MeshExtendParams(clusters=[cluster]))
    return Mesh(api_version="v1", kind="Mesh", metadata=MeshMetadata(name=name), spec=spec)


def create(asm: AsmClient, **parts: Any) -> str:
    return asm.create_mesh(CreateMeshRequest(body=mesh(**parts))).metadata.uid


def show(asm: AsmClient, uid: str) -> Any:
    return asm.show_mesh(ShowMeshRequest(mesh_id=uid))


def names(asm: AsmClient) -> list[str]:
    return [item.metadata.name for item in asm.list_meshes(ListMeshesRequest()).items]


def test_a_created_mesh_is_creating(asm: AsmClient) -> None:
    created = asm.create_mesh(CreateMeshRequest(body=mesh()))

    assert created.status_code == 201
    assert (created.kind, created.api_version) == ("Mesh", "v1")
    assert created.metadata.name == "mesh-one"
    assert len(created.metadata.uid) == 36
    assert created.status.phase == "Creating"


def test_a_mesh_runs_one_step_after_its_creation(world: World, asm: AsmClient) -> None:
    uid = create(asm)

    world.clock.advance(ms=STEP_MS - 1)
    assert show(asm, uid).status.phase == "Creating"
    world.clock.advance(ms=1)
    assert show(asm, uid).status.phase == "Running"


def test_times_are_times_to_the_typed_models(world: World, asm: AsmClient) -> None:
    uid = create(asm)
    world.clock.advance(ms=STEP_MS)

    seen = show(asm, uid)

    assert seen.metadata.creation_timestamp == MIDNIGHT
    assert seen.status.update_timestamp == MIDNIGHT + timedelta(milliseconds=STEP_MS)


def test_a_mesh_shows_what_it_was_created_with(asm: AsmClient) -> None:
    spec = show(asm, create(asm)).spec

    assert (spec.type, spec.version) == ("InCluster", "v1.18.7-r5")
    assert [cluster.cluster_id for cluster in spec.extend_params.clusters] == ["cluster-1"]


def test_how_a_mesh_is_installed_is_not_shown_again(asm: AsmClient) -> None:
    clusters = show(asm, create(asm)).spec.extend_params.clusters

    assert [cluster.installation for cluster in clusters] == [None]


def test_a_mesh_without_a_version_gets_one(asm: AsmClient) -> None:
    assert show(asm, create(asm, version=None)).spec.version == "v1.18.7-r5"


def test_a_project_without_meshes_lists_none(asm: AsmClient) -> None:
    listed = asm.list_meshes(ListMeshesRequest())

    assert (listed.status_code, listed.kind, listed.api_version, listed.items) == (200, "MeshList", "v1", [])


def test_the_list_has_every_mesh_of_the_project(asm: AsmClient) -> None:
    create(asm, name="mesh-one")
    create(asm, name="mesh-two")

    assert sorted(names(asm)) == ["mesh-one", "mesh-two"]


def test_a_mesh_belongs_to_its_project_alone(world: World, asm: AsmClient) -> None:
    east = sdk.asm(world.url, project=sdk.EAST)
    uid = create(asm)

    assert names(east) == []
    with refused(404, "ASM.01010002", "Resource not found."):
        show(east, uid)
    assert create(east, name="mesh-one") != uid


def test_a_deleted_mesh_is_deleting_and_then_gone(world: World, asm: AsmClient) -> None:
    uid = create(asm)
    world.clock.advance(ms=STEP_MS)

    deleted = asm.delete_mesh(DeleteMeshRequest(mesh_id=uid))
    assert (deleted.status_code, deleted.metadata.uid, deleted.status.phase) == (200, uid, "Deleting")
    assert show(asm, uid).status.phase == "Deleting"

    world.clock.advance(ms=STEP_MS)
    assert names(asm) == []
    with refused(404, "ASM.01010002", "Resource not found."):
        show(asm, uid)


def test_a_mesh_that_cannot_be_created_says_so(world: World, asm: AsmClient) -> None:
    world.scripts.add({"family": "asm", "name": "mesh-one", "work": "create"}, outcome="fail")

    uid = create(asm)
    world.clock.advance(ms=STEP_MS)

    assert show(asm, uid).status.phase == "CreateFailed"


def test_a_name_is_given_once_in_a_project(asm: AsmClient) -> None:
    create(asm)

    with refused(409, "ASM.01010003", "The resource already exists."):
        create(asm)


@pytest.mark.parametrize("name", ["abc", "Mesh-one"])
def test_a_bad_name_is_refused(asm: AsmClient, name: str) -> None:
    with refused(400, "ASM.01010001", starting("Invalid request. metadata.name: ")):
        create(asm, name=name)


def test_raw_calls_read_the_same_meshes(world: World, asm: AsmClient) -> None:
    created = call(asm, "POST", MESHES, mesh())
    uid = created.json["metadata"]["uid"]
    assert created.status_code == 201
    assert created.json["status"] == {"phase": "Creating"}

    world.clock.advance(ms=STEP_MS)
    shown = call(asm, "GET", MESH, mesh=uid).json
    assert shown["metadata"] == {"name": "mesh-one", "uid": uid, "creationTimestamp": "2040-01-01T00:00:00Z"}
    assert shown["status"] == {"phase": "Running", "updateTimestamp": "2040-01-01T00:00:02Z"}
    assert call(asm, "GET", MESHES).json == {"kind": "MeshList", "apiVersion": "v1", "items": [shown]}

    deleted = call(asm, "DELETE", MESH, mesh=uid)
    assert (deleted.status_code, deleted.json["status"]["phase"]) == (200, "Deleting")
    world.clock.advance(ms=STEP_MS)
    assert call(asm, "GET", MESHES).json["items"] == []
