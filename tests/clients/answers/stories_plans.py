"""Stories of ServiceStage release plans: every command in every status, strategies, edits, pages."""

AT = "/v3/p1/cas/release-plans"
COMPONENTS = [{"seq": n, "name": name, "runtime_stack": {"name": "java"}} for n, name in enumerate(("db", "api", "web"))]
BODY = {"name": "spring", "components": COMPONENTS}
FAIL = {"match": {"family": "plans", "step": "api"}, "sequence": [{"outcome": "fail", "message": "no image"}, {"outcome": "succeed"}]}
HANG = {"match": {"family": "plans", "step": "api"}, "outcome": "hang"}
BACK = {"match": {"family": "plans", "work": "rollback"}, "outcome": "fail", "message": "no way back"}
STUCK = {"match": {"family": "plans", "work": "abort"}, "outcome": "hang"}
RECIPES = {
    "created": [], "running": ["execute"], "second": ["execute", 3000], "hanging": [HANG, "execute", 9000],
    "failed": [FAIL, "execute", 9000], "succeeded": ["execute", 9000], "aborting": [STUCK, "execute", 1000, "abort", 1000],
    "aborted": ["execute", 3000, "abort", 9000], "rolling back": ["execute", 9000, "rollback"],
    "rolled back": ["execute", 9000, "rollback", 20000], "rollback failed": [BACK, "execute", 9000, "rollback", 20000],
    "failed rolled back": [FAIL, "execute", 9000, "rollback", 20000], "repeated": [FAIL, "execute", 9000, "execute", 1000],
}
COMMANDS = ["execute", "abort", "rollback", "DELETE", "PUT", "nonsense"]


def act(pair, pid, command):
    if command == "DELETE":
        pair("DELETE", f"{AT}/{pid}")
    elif command == "PUT":
        pair("PUT", f"{AT}/{pid}", {**BODY, "name": "summer", "components": COMPONENTS[:2]})
    else:
        pair("POST", f"{AT}/{pid}/{command}")


def reach(pair, recipe, body=None):
    pair.fresh()
    pid = pair("POST", AT, body or BODY).field("id")
    for step in recipe:
        if isinstance(step, str):
            act(pair, pid, step)
        elif isinstance(step, int):
            pair.advance(step)
        else:
            pair("POST", "/_emulator/v1/scripts", step).pick("script")
    return pid


def look(pair, pid):
    for path in ("", "/deploy-info"):
        pair("GET", f"{AT}/{pid}{path}")
    pair("GET", f"/_emulator/v1/resources/plans/{pid}/timeline")


def play(pair):
    for recipe in RECIPES.values():
        look(pair, reach(pair, recipe))
        pair("GET", AT)
        pair("GET", "/_emulator/v1/state")
        for command in COMMANDS:
            pid = reach(pair, recipe)
            act(pair, pid, command)
            look(pair, pid)
            pair.advance(2500)
            look(pair, pid)
    shapes(pair)
    names_and_pages(pair)


def shapes(pair):
    """Bodies beyond the documented ones, and what they lead to."""
    gray = {"first_batch_gray_instance": 1, "remaining_rolling_batch": 2}
    for extra in ({"action": "create"}, {"action": "upgrade"}, {"action": "delete"}, {"action": "nonsense"}, {"fail_strategy": "stop"},
                  {"fail_strategy": "continue"}, {"fail_strategy": "ignore"}, {"description": "d" * 300}, {"swimlane_id": "s"},
                  {"environment_id": "e"}, {"components": []}, {"components": [COMPONENTS[0], COMPONENTS[0]]},
                  {"components": [{**COMPONENTS[0], "seq": -1}]}, {"components": [{**COMPONENTS[0], "component_id": "c1"}]},
                  {"components": [{**COMPONENTS[0], "deploy_strategy": {"type": "GrayRelease", "gray_release": gray}}]},
                  {"components": [{**component, "seq": 1} for component in COMPONENTS]}, {"name": "x" * 200}, {"name": "-"}):
        pid = reach(pair, [FAIL, "execute", 9000], {**BODY, **extra})
        look(pair, pid)
        act(pair, pid, "execute")
        pair.advance(20000)
        look(pair, pid)


def names_and_pages(pair):
    pair.fresh()
    for name in ("a", "b", "c", "a", "A", "ü"):
        pair("POST", AT, {**BODY, "name": name})
        pair.advance(1)
    for query in ("limit=2", "limit=2&offset=1", "offset=9", "limit=0", "limit=1001", "offset=-1", "order=asc", "order=sideways",
                  "order_by=name&order=asc", "order_by=status", "order_by=nonsense", "limt=1"):
        pair("GET", f"{AT}?{query}")
    listed = pair("GET", AT).field("release_plans", [])
    first = listed[0]["id"] if listed else "none"
    for path in (first, first.upper(), first[:-1], "a", "c"):
        pair("GET", f"{AT}/{path}")
        pair("GET", f"/v3/p2/cas/release-plans/{path}")
        pair("GET", f"/v3/p1/pipeline/pipelines/{path}")
        pair("POST", f"/v3/p2/cas/release-plans/{path}/execute")
