"""IAM: how a token is asked for, described, looked up and refused, by plain HTTP."""

import re
from typing import Any

import pytest
import requests

import iam
import sdk
from release_emulator import World

DAY_MS = 24 * 3_600_000
INVALID_BODY = {"error": {"code": 400, "message": "The request body is invalid", "title": "Bad Request"}}


def test_a_token_tells_whose_it_is_and_how_long_it_lives(world: World) -> None:
    answer = iam.ask(world.url, iam.password_of("ann"))

    token = answer.json()["token"]
    assert answer.status_code == 201
    assert answer.headers["X-Subject-Token"]
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])
    assert token["methods"] == ["password"]
    assert (token["issued_at"], token["expires_at"]) == ("2040-01-01T00:00:00.000000Z", "2040-01-02T00:00:00.000000Z")
    assert (token["user"]["name"], token["user"]["domain"]["name"]) == ("ann", "acme")
    assert (token["project"]["id"], token["project"]["name"]) == (sdk.NORTH, "cn-north-4")
    assert token["project"]["domain"] == token["user"]["domain"]
    assert "domain" not in token


def test_a_token_carries_a_catalog_unless_it_is_not_wanted(world: World) -> None:
    whole = iam.ask(world.url, iam.password_of("ann")).json()["token"]
    without = iam.ask(world.url, iam.password_of("ann"), nocatalog="true").json()["token"]

    endpoints = [endpoint["url"] for service in whole["catalog"] for endpoint in service["endpoints"]]
    assert endpoints and all(url.startswith(world.url) for url in endpoints)
    assert not without.get("catalog")


@pytest.mark.parametrize("project", [{"id": sdk.EAST}, {"name": "cn-east-3"}], ids=["by id", "by name"])
def test_a_scope_is_named_by_id_or_by_name(world: World, project: dict[str, str]) -> None:
    token = iam.ask(world.url, iam.password_of("ann", scope={"project": project})).json()["token"]

    assert (token["project"]["id"], token["project"]["name"]) == (sdk.EAST, "cn-east-3")


def test_a_token_of_the_domain_names_no_project(world: World) -> None:
    token = iam.ask(world.url, iam.password_of("ann", scope=iam.IN_DOMAIN)).json()["token"]

    assert token["domain"] == token["user"]["domain"]
    assert "project" not in token


@pytest.mark.parametrize(("user", "password"), [("ann", "password-of-bob"), ("nobody", "password-of-ann")])
def test_a_wrong_password_is_no_better_than_an_unknown_user(world: World, user: str, password: str) -> None:
    answer = iam.ask(world.url, iam.password_of(user, password))

    assert answer.status_code == 401
    assert answer.json() == {"error": {
        "code": 401, "message": "The username or password is wrong.", "title": "Unauthorized"}}
    assert "X-Subject-Token" not in answer.headers


@pytest.mark.parametrize("scope", [iam.IN_EAST, {"project": {"id": "f" * 32}}, {"domain": {"name": "umbrella"}}],
                         ids=["somebody else's", "nobody's", "another domain"])
def test_a_scope_that_is_closed_to_the_user_gives_no_token(world: World, scope: Any) -> None:
    answer = iam.ask(world.url, iam.password_of("bob", scope=scope))

    assert answer.status_code == 401
    assert answer.json() == {"error": {
        "code": 401, "message": "The request you have made requires authentication.", "title": "Unauthorized"}}


def test_what_is_not_json_is_no_request(world: World) -> None:
    answer = requests.post(world.url + iam.TOKENS, data="user=ann", timeout=30)

    assert answer.status_code == 400
    assert answer.json() == INVALID_BODY


def test_a_request_without_methods_is_invalid(world: World) -> None:
    body = iam.password_of("ann")
    del body["auth"]["identity"]["methods"]

    answer = iam.ask(world.url, body)

    assert answer.status_code == 400
    assert answer.json() == INVALID_BODY


def test_an_unknown_method_is_a_wrong_value(world: World) -> None:
    body = iam.password_of("ann")
    body["auth"]["identity"]["methods"] = ["dance"]

    answer = iam.ask(world.url, body)

    assert (answer.status_code, answer.json()["error_code"]) == (400, "IAM.0073")
    assert answer.json()["error_msg"].startswith("Invalid input for field 'methods'. The value is '")


def test_a_token_can_be_looked_up(world: World) -> None:
    asked = iam.ask(world.url, iam.password_of("bob"))
    token = asked.headers["X-Subject-Token"]

    by_ann = iam.look_up(world.url, "token-of-ann", token)
    by_itself = iam.look_up(world.url, token, token)

    assert by_ann.status_code == by_itself.status_code == 200
    assert by_ann.headers["X-Subject-Token"] == token
    assert by_ann.json() == by_itself.json() == asked.json()


def test_a_token_that_is_not_there_cannot_be_looked_up(world: World) -> None:
    revoked, expiring = iam.token(world.url), iam.token(world.url)
    iam.revoke(world.url, "token-of-ann", revoked)
    world.clock.advance(ms=DAY_MS + 1)

    for subject in ["no-token", revoked, expiring]:
        answer = iam.look_up(world.url, "token-of-ann", subject)
        assert answer.status_code == 404
        assert answer.json() == {"error": {
            "code": 404, "message": "X-Subject-Token is invalid in the request", "title": "Not Found"}}


def test_a_look_up_needs_a_subject(world: World) -> None:
    answer = requests.get(world.url + iam.TOKENS, headers={"X-Auth-Token": "token-of-ann"}, timeout=30)

    assert answer.status_code == 400
    assert answer.json() == {"error_msg": "X-Subject-Token is invalid in the request.", "error_code": "IAM.0009"}


def test_a_limited_user_sees_and_revokes_own_tokens_only(world: World) -> None:
    token = iam.token(world.url)

    for answer in [iam.look_up(world.url, "token-of-bob", token), iam.revoke(world.url, "token-of-bob", token)]:
        assert answer.status_code == 403
        assert answer.json() == {"error": {
            "code": 403, "message": "You have no right to do this action", "title": "Forbidden"}}
    assert iam.look_up(world.url, token, token).status_code == 200

    own = iam.token(world.url, "bob")
    assert iam.look_up(world.url, "token-of-bob", own).status_code == 200
    assert iam.revoke(world.url, "token-of-bob", own).status_code == 204
