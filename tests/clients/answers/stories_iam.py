"""Stories of IAM: logins, tokens and their ends, projects, permissions; run under both kinds of `--auth`."""

import copy

from mutations import mutated
from pair import FROZEN

PROJECT = {"id": "p1", "name": "cn-north-4"}
STATE = {"identities": {
    "users": [
        {"name": "ann", "password": "secret", "domain": "acme", "projects": [PROJECT, {"id": "p2", "name": "cn-east-3"}]},
        {"name": "bob", "password": "secret", "domain": "acme", "projects": [PROJECT], "actions": ["servicestage:*:list", "asm:mesh:*"]},
        {"name": "eve", "password": "secret", "domain": "acme", "projects": [PROJECT], "actions": []}, {"name": "kim", "password": "secret"}],
    "access_keys": [{"ak": "AKOFANN", "sk": "sk-of-ann", "user": "ann"}, {"ak": "AKOFBOB", "sk": "sk-of-bob", "user": "bob"},
                    {"ak": "AKTEMPORARY", "sk": "sk", "user": "ann", "security_token": "session"}],
    "tokens": [{"token": "of-ann", "user": "ann"}, {"token": "of-bob", "user": "bob"}, {"token": "of-eve", "user": "eve"},
               {"token": "short", "user": "ann", "expires_at": "2030-01-01T01:00:00Z"}, {"token": "over", "user": "ann", "expires_at": "2020-01-01T00:00:00Z"}]}}
LOGIN = {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "ann", "password": "secret", "domain": {"name": "acme"}}}},
                  "scope": {"project": {"name": "cn-north-4"}}}}
SCOPES = [None, {}, {"project": {"name": "cn-east-3"}}, {"project": {"id": "p2"}}, {"project": {"id": "p9"}}, {"project": {"name": "nowhere"}},
          {"domain": {"name": "acme"}}, {"domain": {"name": "other"}}, {"domain": {}}, {"project": {"id": "p1"}, "domain": {"name": "acme"}}, {"project": {}}]


def play(pair, operations):
    prepare(pair)
    pair("GET", "/_emulator/v1/state")
    for scope in SCOPES:
        body = copy.deepcopy(LOGIN)
        body["auth"]["scope"] = scope
        token = pair("POST", "/v3/auth/tokens", body, auth=False).pick("token", header="x-subject-token")
        use(pair, token)
    for user in ("bob", "eve", "kim", "nobody"):
        body = copy.deepcopy(LOGIN)
        body["auth"]["identity"]["password"]["user"]["name"] = user
        use(pair, pair("POST", "/v3/auth/tokens", body, auth=False).pick("token", header="x-subject-token"))
        pair("POST", "/v3/auth/tokens?nocatalog=1", body, auth=False).pick("token", header="x-subject-token")
    for body in mutated(LOGIN):
        pair("POST", "/v3/auth/tokens", body, auth=False).pick("token", header="x-subject-token")
    subjects(pair)
    permissions(pair, operations)
    endings(pair)


def prepare(pair):
    pair("PUT", "/_emulator/v1/state", STATE)
    pair("PATCH", "/_emulator/v1/state", {"asm": {"meshes": [{"id": "m1", "name": "mesh-one", "releases": []}]}})


def use(pair, token):
    auth = ("X-Auth-Token", token)
    for path in ("/v3/auth/domains", "/v3/projects", "/v3/projects?name=cn-east-3", "/v3/p1/pipeline/pipelines", "/v3/p2/cas/release-plans", "/v1/p9/meshes",
                 "/v2/meshes/m1/releases"):
        pair("GET", path, auth=auth)
    for method in ("GET", "HEAD"):
        pair(method, "/v3/auth/tokens", headers=[("X-Subject-Token", token)], auth=auth)


def subjects(pair):
    for caller in ("of-ann", "of-bob", "of-eve", "short", "over", "nobody"):
        for method in ("GET", "HEAD", "DELETE"):
            for subject in ("of-ann", "of-bob", "over", "unknown", ""):
                if method != "DELETE" or subject not in ("of-ann", "of-bob"):
                    pair(method, "/v3/auth/tokens", headers=[("X-Subject-Token", subject)], auth=("X-Auth-Token", caller))
            pair(method, "/v3/auth/tokens?nocatalog=yes", auth=("X-Auth-Token", caller))


def permissions(pair, operations):
    for operation in operations:
        if operation.family in ("control", "zadig"):
            continue
        body = operation.bodies[0] if operation.bodies else None
        for token in ("of-ann", "of-bob", "of-eve", "over"):
            pair(operation.method, operation.target(), body, auth=("X-Auth-Token", token))
            pair(operation.method, operation.target(project_id="p9"), body, auth=("X-Auth-Token", token))
            pair(operation.method, operation.target(), body, [("X-Project-Id", "p9")], auth=("X-Auth-Token", token))
        for key in (("AKOFANN", "sk-of-ann"), ("AKOFBOB", "sk-of-bob"), ("AKOFANN", "wrong"), ("AKTEMPORARY", "sk")):
            pair(operation.method, operation.target(), body, key=key)
        pair(operation.method, operation.target(), body, [("X-Security-Token", "session")], key=("AKTEMPORARY", "sk"))


def endings(pair):
    prepare(pair)
    pair("PUT", "/_emulator/v1/clock", {"now": FROZEN, "mode": "frozen"})
    token = pair("POST", "/v3/auth/tokens", LOGIN, auth=False).pick("token", header="x-subject-token")
    pair.advance(3_600_000)
    use(pair, "short")
    use(pair, token)
    pair("DELETE", "/v3/auth/tokens", headers=[("X-Subject-Token", token)], auth=("X-Auth-Token", token))
    use(pair, token)
    token = pair("POST", "/v3/auth/tokens", LOGIN, auth=False).pick("token", header="x-subject-token")
    pair.advance(24 * 3_600_000)
    use(pair, token)
    pair("GET", "/_emulator/v1/state")
