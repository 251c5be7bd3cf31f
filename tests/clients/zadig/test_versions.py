"""Delivery versions from creation to deletion, for Kubernetes and for Helm."""

from client import Zadig, helm, k8s
from given import START_MS, STEP_MS
from release_emulator import World

START_S = START_MS // 1000


def progress(success: int, total: int, upload: str, error: str = "") -> dict[str, object]:
    return {"success_count": success, "total_count": total, "upload_status": upload, "error": error}


def status_and_progress(zadig: Zadig, name: str = "v1") -> tuple[str, dict[str, object]]:
    info = zadig.detail(name)["version_info"]
    return info["status"], info["progress"]


def refusal(name: str, why: str, retry: str = "false") -> dict[str, object]:
    """The body of every refused creation, also of a Helm version."""
    return {"code": 500, "message": "Internal Error: ",
            "description": f"failed to create k8s delivery version, project name: shop, version name {name}, "
                           f"retry: {retry}, error: {why}"}


def test_a_k8s_version_succeeds_image_by_image(world: World, patrick: Zadig) -> None:
    created = patrick.create_k8s(k8s())
    assert (created.status_code, created.json()) == (200, {"message": "success"})
    assert status_and_progress(patrick) == ("creating", progress(0, 2, "waiting"))

    world.clock.advance(ms=STEP_MS)
    assert status_and_progress(patrick) == ("creating", progress(1, 2, "waiting"))
    world.clock.advance(ms=STEP_MS)
    assert status_and_progress(patrick) == ("success", progress(2, 2, "success"))


def test_a_k8s_version_has_a_row_for_each_image(patrick: Zadig) -> None:
    patrick.create_k8s(k8s())

    detail = patrick.detail("v1")

    assert detail["version_info"] == {
        "id": patrick.id("v1"), "version_name": "v1", "type": "K8SYaml", "status": "creating", "labels": ["stable"],
        "description": "the first", "progress": progress(0, 2, "waiting"), "created_by": "patrick",
        "create_time": START_S}
    assert [(row["service_name"], row["service_module"], row["image"], row["registry_id"], row["create_time"])
            for row in detail["deploy_infos"]] == [
        ("web", "web", "registry.local/shop/web:1.0", "registry-1", START_S),
        ("web", "proxy", "registry.local/shop/proxy:1.0", "registry-1", START_S),
        ("db", "db", "registry.local/shop/db:1.0", "registry-1", START_S)]
    assert detail["distribute_infos"] == []


def test_a_helm_version_has_its_charts_with_their_images(world: World, patrick: Zadig) -> None:
    assert patrick.create_helm(helm()).json() == {"message": "success"}
    assert status_and_progress(patrick) == ("creating", progress(0, 1, "waiting"))
    world.clock.advance(ms=STEP_MS)
    assert status_and_progress(patrick) == ("success", progress(1, 1, "success"))

    detail = patrick.detail("v1")

    chart, = detail["distribute_infos"]
    image, = chart["sub_distributes"]
    assert (detail["version_info"]["type"], detail["deploy_infos"]) == ("HelmChart", [])
    assert (chart["distribute_type"], chart["chart_name"], chart["chart_version"], chart["chart_repo_name"]) == (
        "chart", "web", "1.76.0", "charts")
    assert (image["distribute_type"], image["image"], image["namespace"], image["sub_distributes"]) == (
        "image", "registry.local/shop/web:1.0", "shop", [])


def test_the_list_is_newest_first_and_in_pages(world: World, patrick: Zadig) -> None:
    for name in ["v1", "v2", "v3"]:
        patrick.create_k8s(k8s(name))
        world.clock.advance(ms=1_000)

    first, second = patrick.list(size=2).json(), patrick.list(page=2, size=2).json()

    assert [version["version_name"] for version in first["list"]] == ["v3", "v2"]
    assert first["total"] == second["total"] == 3
    assert second["list"] == [{
        "id": patrick.id("v1"), "version_name": "v1", "type": "K8SYaml", "status": "creating", "labels": [],
        "description": "the first", "progress": None, "created_by": "patrick", "create_time": START_S}]


def test_the_name_of_a_deleted_version_can_be_used_again(patrick: Zadig) -> None:
    patrick.create_k8s(k8s())
    id = patrick.id("v1")

    deleted = patrick.delete(id)

    assert (deleted.status_code, deleted.json()) == (200, {"message": "success"})
    assert patrick.list().json() == {"list": [], "total": 0}
    assert patrick.get(id).status_code == 500
    assert patrick.delete(id).json() == {"message": "success"}
    assert patrick.create_k8s(k8s()).status_code == 200


def test_a_name_is_unique_in_a_project(patrick: Zadig) -> None:
    patrick.create_k8s(k8s())

    again = patrick.create_helm(helm())

    assert again.status_code == 500
    assert again.json() == refusal(
        "v1", "新建交付中心版本失败: failed to insert delivery version v1, version already exist")


def test_a_retry_pushes_the_remaining_images(world: World, patrick: Zadig) -> None:
    world.scripts.add({"family": "zadig", "step": "proxy"}, outcome="fail", message="no such image", times=1)
    patrick.create_k8s(k8s())
    world.clock.advance(ms=4_000)
    assert status_and_progress(patrick) == ("failed", progress(1, 2, "failed"))

    retried = patrick.create_k8s({"project_key": "shop", "version_name": "v1", "env_name": "prod", "retry": True})

    assert (retried.status_code, retried.json()) == (200, {"message": "success"})
    assert status_and_progress(patrick) == ("retrying", progress(1, 2, "waiting"))
    world.clock.advance(ms=STEP_MS)
    assert status_and_progress(patrick) == ("success", progress(2, 2, "success"))


def test_only_a_failed_version_can_be_retried(world: World, patrick: Zadig) -> None:
    patrick.create_k8s(k8s())
    world.clock.advance(ms=4_000)

    retried = patrick.create_k8s(k8s(retry=True))

    assert retried.status_code == 500
    assert retried.json() == refusal("v1", "can't reCreate version with status:success", retry="true")


def test_a_helm_version_needs_charts(patrick: Zadig) -> None:
    created = patrick.create_helm(helm(chart_datas=[]))

    assert created.status_code == 500
    assert created.json() == refusal("v1", "新建交付中心版本失败: no chart info appointed")


def test_an_unknown_version_is_an_internal_error(patrick: Zadig) -> None:
    for id in ["66287b110b8b8a631910f5ae", "no-id"]:
        answer = patrick.get(id)

        assert answer.status_code == 500
        assert answer.json() == {
            "code": 500, "message": "Internal Error: ",
            "description": f"failed to get delivery version, ID: {id}, error: 查询交付中心版本失败: "}


def test_the_list_needs_a_page(patrick: Zadig) -> None:
    answer = patrick.list(page=0)

    assert answer.status_code == 400
    assert answer.json() == {
        "code": 400, "type": "error", "message": "Bad Request", "extra": {},
        "description": "Key: 'OpenAPIListDeliveryVersionRequest.PageNum' Error:"
                       "Field validation for 'PageNum' failed on the 'required' tag"}
