"""Access by tokens and roles; a refusal has no body."""

import pytest
import requests

from client import Zadig, helm, k8s
from release_emulator import World


def assert_empty(answer: requests.Response, status: int) -> None:
    assert (answer.status_code, answer.content) == (status, b"")


def everything(zadig: Zadig, id: str) -> list[requests.Response]:
    """All five operations."""
    return [zadig.list(), zadig.get(id), zadig.delete(id), zadig.create_k8s(k8s("v2")), zadig.create_helm(helm("v3"))]


def test_a_token_is_accepted_in_the_query(world: World) -> None:
    anonymous = Zadig(world.url)
    query = {"projectKey": "shop", "token": "zadig-token-of-patrick"}

    assert anonymous.send("POST", "/k8s", params=query, json=k8s()).json() == {"message": "success"}

    listed = anonymous.send("GET", "", params=query | {"pageNum": 1, "pageSize": 20}).json()
    assert [(version["version_name"], version["created_by"]) for version in listed["list"]] == [("v1", "patrick")]


@pytest.mark.parametrize("header", [
    pytest.param("", id="nothing"),
    pytest.param("zadig-token-of-patrick", id="no scheme"),
    pytest.param("Bearer an-unknown-token", id="unknown"),
    pytest.param("Bearer token-of-ann", id="of another service"),
])
def test_without_a_valid_token_everything_is_an_empty_401(world: World, header: str) -> None:
    anonymous = Zadig(world.url)
    anonymous.session.headers["Authorization"] = header

    for answer in everything(anonymous, "66287b110b8b8a631910f5ae"):
        assert_empty(answer, 401)


def test_any_scheme_is_accepted(world: World) -> None:
    zadig = Zadig(world.url)
    zadig.session.headers["Authorization"] = "Token zadig-token-of-patrick"

    assert zadig.list().json() == {"list": [], "total": 0}


def test_a_reader_may_read_and_nothing_else(patrick: Zadig, rita: Zadig) -> None:
    patrick.create_k8s(k8s())
    id = patrick.id("v1")

    listed, detail, deleted, created, packaged = everything(rita, id)

    assert listed.json()["total"] == 1
    assert detail.json()["version_info"]["created_by"] == "patrick"
    for answer in [deleted, created, packaged]:
        assert_empty(answer, 403)
    assert patrick.list().json()["total"] == 1


def test_a_user_without_a_role_in_a_project_cannot_read_it(patrick: Zadig, rita: Zadig) -> None:
    patrick.create_k8s(k8s(project_key="other"))
    found, = patrick.list("other").json()["list"]

    assert_empty(rita.list("other"), 403)
    assert_empty(rita.get(found["id"], "other"), 403)


def test_a_malformed_request_is_reported_before_a_missing_permission(rita: Zadig) -> None:
    assert rita.list("other", page=0).status_code == 400
    assert rita.send("DELETE", "/66287b110b8b8a631910f5ae").json()["description"] == "projectKey can't be empty!"


def test_an_unknown_path_or_method_is_answered_in_plain_text(patrick: Zadig) -> None:
    unknown, wrong = patrick.send("GET", "/a/b"), patrick.send("PUT", "/k8s")

    assert (unknown.status_code, unknown.text) == (404, "Invalid path: /openapi/delivery/releases/a/b")
    assert (wrong.status_code, wrong.text) == (405, "Method not allowed: PUT /openapi/delivery/releases/k8s")
    assert unknown.headers["Content-Type"] == wrong.headers["Content-Type"] == "text/plain; charset=utf-8"
