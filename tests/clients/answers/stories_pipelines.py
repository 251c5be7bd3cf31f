"""Stories of ServiceStage pipelines: every command in every status, schedules, edits, pages."""

AT = "/v3/p1/pipeline/pipelines"
STAGES = [{"name": "build", "tasks": [{"name": "compile"}, {"name": "check", "task_group": "b"}]},
          {"name": "deploy", "approval_type": 1, "tasks": [{"name": "prepare"}, {"name": "roll-out"}]}]
BODY = {"name": "shop", "model_version": 2, "config_mode": "ui", "stages": STAGES}
AGREE = {"task_name": "deploy", "approval_type": "agree"}
FAIL = {"match": {"family": "pipelines", "step": "roll-out"}, "outcome": "fail", "message": "no image", "takes_ms": 3000, "times": 1}
HANG = {"match": {"family": "pipelines", "step": "compile"}, "outcome": "hang"}
# How each status is reached: commands, and milliseconds that pass.
RECIPES = {
    "created": [], "running": ["start"], "hanging": [HANG, "start", 9000], "waiting": ["start", 2000],
    "approved": ["start", 2000, ("approval", AGREE)], "failed": [FAIL, "start", 2000, ("approval", AGREE), 9000],
    "succeeded": ["start", 2000, ("approval", AGREE), 9000], "stopped": ["start", "stop", 5000],
    "refused": ["start", 2000, ("approval", {**AGREE, "approval_type": "refuse"}), 2000],
    "retried": [FAIL, "start", 2000, ("approval", AGREE), 9000, "retry"],
    "rolling back": [FAIL, "start", 2000, ("approval", AGREE), 9000, "rollback"],
    "rolled back": [FAIL, "start", 2000, ("approval", AGREE), 9000, "rollback", 60000],
    "part": [("start", {"selected_tasks": [{"stage_name": "build", "tasks": ["compile"]}]}), 2000],
}
COMMANDS = ["start", "stop", "continue", "retry", "rollback", "approval", "", "nonsense", "START", None]
WITH_BODY = [
    ("approval", AGREE), ("approval", {**AGREE, "approval_type": "refuse"}), ("approval", {**AGREE, "approval_type": "reject"}),
    ("approval", {**AGREE, "message": "fine by me"}), ("approval", {**AGREE, "task_name": "nobody"}), ("approval", {"task_name": "deploy"}),
    ("start", {"selected_tasks": []}), ("start", {"selected_tasks": [{"stage_name": "nowhere", "tasks": ["x"]}]}),
    ("start", {"selected_tasks": [{"stage_name": "build", "tasks": ["nothing"]}]}),
    ("start", {"selected_tasks": [{"stage_name": "deploy", "tasks": ["roll-out"]}]})]
HOOKS = {"strategy_type": 1, "hooks": [{"schedule": "0 0/10 * ? * * *", "timezone_operator": "+", "timezone_hour": 8}]}


def act(pair, pid, action, body=None):
    query = "" if action is None else f"?action_id={action}"
    return pair("POST", f"{AT}/{pid}/action{query}", body)


def reach(pair, recipe):
    pair.fresh()
    pid = pair("POST", AT, BODY).field("id")
    for step in recipe:
        if isinstance(step, str):
            act(pair, pid, step)
        elif isinstance(step, int):
            pair.advance(step)
        elif isinstance(step, dict):
            pair("POST", "/_emulator/v1/scripts", step).pick("script")
        else:
            act(pair, pid, *step)
    return pid


def look(pair, pid):
    for path in ("", "/records", "/hooks"):
        pair("GET", f"{AT}/{pid}{path}")
    pair("GET", f"/_emulator/v1/resources/pipelines/{pid}/timeline")


def play(pair):
    for recipe in RECIPES.values():
        look(pair, reach(pair, recipe))
        pair("GET", AT)
        pair("GET", "/_emulator/v1/state")
        pair("GET", "/_emulator/v1/scripts")
        for action, body in [*((action, None) for action in COMMANDS), *WITH_BODY]:
            pid = reach(pair, recipe)
            act(pair, pid, action, body)
            look(pair, pid)
            pair.advance(3000)
        pid = reach(pair, recipe)
        pair("PUT", f"{AT}/{pid}", {**BODY, "stages": STAGES[:1]})
        pair("PUT", f"{AT}/{pid}", {**BODY, "name": "other"})
        look(pair, pid)
    schedules(pair)
    names_and_pages(pair)


def schedules(pair):
    for hooks in (HOOKS, {**HOOKS, "strategy_type": 0}, {**HOOKS, "hooks": []},
                  {**HOOKS, "selected_tasks": [{"stage_name": "build", "tasks": ["compile"]}]},
                  *({**HOOKS, "hooks": [{**HOOKS["hooks"][0], "schedule": line}]} for line in (
                      "", "* * * * *", "0 0 0 31 2 ?", "0 0 12 ? * MON#2 *", "0 0 0 L * ?", "0 0 0 L-3 * ?", "0 0 0 15W * ?",
                      "61 * * ? * *", "0 0 0 1 JAN ? 2031", "0 0 0 ? * FRI", "a b c d e f", "0 0/5 8-10,20 * * ?")),
                  *({**HOOKS, "hooks": [{**HOOKS["hooks"][0], "timezone_hour": hour}]} for hour in (0, 14, 15, -1)),
                  {**HOOKS, "hooks": [{**HOOKS["hooks"][0], "timezone_operator": "-"}]}):
        pid = reach(pair, [])
        for method in ("POST", "POST", "PUT"):
            pair(method, f"{AT}/{pid}/hooks", hooks)
        look(pair, pid)
        pair.advance(1_500_000)
        look(pair, pid)


def names_and_pages(pair):
    pair.fresh()
    for name in ("a", "b", "c", "a", "A", "ü", "x" * 65, "-"):
        pair("POST", AT, {**BODY, "name": name})
        pair.advance(1)
    for query in ("limit=2", "limit=2&offset=1", "limit=2&offset=9", "limit=0", "limit=1001", "offset=-1", "order=asc", "order=desc",
                  "order_by=name&order=asc", "order_by=create_time&order=desc", "order_by=nonsense", "limt=1"):
        pair("GET", f"{AT}?{query}")
    listed = pair("GET", AT)
    listed = listed.json if isinstance(listed.json, list) else listed.field("pipelines", [])
    first = listed[0]["id"] if listed else "none"
    for path in (first, first.upper(), first[:-1], "a", "c"):
        pair("GET", f"{AT}/{path}")
        pair("GET", f"/v3/p2/pipeline/pipelines/{path}")
        pair("GET", f"/v3/p1/cas/release-plans/{path}")
        act(pair, path, "start")
    pair("POST", f"{AT}/parse-template-package", {})
