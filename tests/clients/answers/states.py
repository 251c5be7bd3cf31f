"""Exports, imports and patches of the state: what a binary exports, that with each place spoilt, and repetitions."""

import copy

import stories_asm
import stories_iam
import stories_pipelines
import stories_plans
import stories_zadig
from mutations import at, mutated, places

STATE = "/_emulator/v1/state"
FEW = [None, 7, "text", [], {}]


def play(pair):
    """One state of resources in the midst of their work, from each family."""
    pair.fresh()
    pair("PUT", STATE, stories_iam.STATE)
    pair("PATCH", STATE, stories_zadig.REFERENCES)
    auth, bearer = ("X-Auth-Token", "of-ann"), ("Authorization", "Bearer admin")
    pid = pair("POST", stories_pipelines.AT, stories_pipelines.BODY, auth=auth).field("id")
    pair("POST", f"{stories_pipelines.AT}/{pid}/hooks", stories_pipelines.HOOKS, auth=auth)
    pair("POST", f"{stories_pipelines.AT}/{pid}/action?action_id=start", auth=auth)
    plan = pair("POST", stories_plans.AT, stories_plans.BODY, auth=auth).field("id")
    pair("POST", f"{stories_plans.AT}/{plan}/execute", auth=auth)
    pair("POST", stories_asm.MESHES, stories_asm.MESH, auth=auth)
    pair("POST", stories_asm.AT, stories_asm.BODY, auth=auth)
    pair("POST", f"{stories_zadig.AT}/k8s", stories_zadig.K8S, auth=bearer)
    pair("POST", f"{stories_zadig.AT}/helm", {**stories_zadig.HELM, "version_name": "h1"}, auth=bearer)
    pair.advance(1000)
    exported = pair("GET", STATE).json
    for method in ("PUT", "PATCH"):
        pair(method, STATE, exported)
        pair("GET", STATE)
    spoil(pair, exported)


def documented(pair, operations):
    """The documented fixtures: all that can be read of them, and their export spoilt."""
    exported = pair("GET", STATE).json
    pair("GET", "/v1/0605767aee00d2562f3cc0123456789a/meshes")
    pair("GET", "/v2/meshes/mesh-demo/releases")
    for kind in ("cas/release-plans", "pipeline/pipelines"):
        listed = pair("GET", f"/v3/0605767aee00d2562f3cc0123456789a/{kind}").json or []
        for item in listed if isinstance(listed, list) else listed.get("release_plans", []):
            for path in ("", "/deploy-info", "/records", "/hooks"):
                pair("GET", f"/v3/0605767aee00d2562f3cc0123456789a/{kind}/{item['id']}{path}")
                pair("GET", f"/v3/elsewhere/{kind}/{item['id']}{path}")
            pair("GET", f"/_emulator/v1/resources/{kind.split('/')[1].split('-')[-1]}/{item['id']}/timeline")
    for project in ("demo", "demo-helm"):
        listed = pair("GET", f"/openapi/delivery/releases?projectKey={project}&pageNum=1&pageSize=99").field("list", [])
        for item in listed or []:
            pair("GET", f"/openapi/delivery/releases/{item['id']}?projectKey={project}")
    for operation in operations:
        if operation.family != "control":
            pair(operation.method, operation.target(
                project_id="0605767aee00d2562f3cc0123456789a", mesh_id="mesh-demo"), operation.bodies[0] if operation.bodies else None)
    pair("PUT", STATE, exported)
    spoil(pair, exported)
    pair("POST", "/_emulator/v1/reset")
    pair("GET", STATE)


def spoil(pair, exported):
    """Each place of an export made wrong in turn, and each list with an item twice."""
    for n, wrong in enumerate(mutated(exported, FEW)):
        pair("PUT" if n % 2 else "PATCH", STATE, wrong)
        if n % 50 == 0:
            pair("GET", STATE)
            pair("PUT", STATE, exported)
    for place in places(exported):
        if isinstance(at(exported, place), list) and at(exported, place):
            doubled = copy.deepcopy(exported)
            at(doubled, place).append(at(doubled, place)[0])
            pair("PUT", STATE, doubled)
