"""The control plane: clock, scripts, faults in each dialect, worlds, journal, events, metrics."""

import json

from pair import FROZEN

CONTROL = "/_emulator/v1"
HITS = {"iam": ("GET", "/v3/projects"), "asm": ("GET", "/v1/p1/meshes"), "plans": ("GET", "/v3/p1/cas/release-plans"),
        "pipelines": ("GET", "/v3/p1/pipeline/pipelines"), "zadig": ("GET", "/openapi/delivery/releases?projectKey=p&pageNum=1&pageSize=9")}


def faults(pair):
    for family, (method, path) in HITS.items():
        pair.fresh()
        dos = [{"status": status} for status in (200, 204, 302, 400, 401, 403, 404, 405, 409, 413, 429, 500, 501, 502, 503, 504, 599)]
        dos += [{"status": 400, "code": "7050"}, {"status": 500, "code": "X.1", "message": "so be it \"ü\""}, {"garbage": True},
                {"drop": "before"}, {"drop": "midway"}, {"delay_ms": 1}, {"delay_ms": {"min": 0, "max": 1}}, {"slow_bytes_per_s": 100000},
                {"status": 503, "delay_ms": 1, "garbage": True}, {"delay_ms": {"median": 1, "sigma": 0.1}}]
        for do in dos:
            pair("POST", f"{CONTROL}/faults", {"match": {"family": family}, "do": do, "times": 1}).pick("fault")
            pair(method, path)
            pair("GET", f"{CONTROL}/faults")
            pair(method, path)
        last = pair("POST", f"{CONTROL}/faults", {"match": {"family": family}, "do": {"status": 500}, "probability": 0.5, "seed": 7}).pick("fault")
        for _ in range(10):
            pair(method, path)
        pair("DELETE", f"{CONTROL}/faults/{last}")
        pair("DELETE", f"{CONTROL}/faults/{last}")
        pair("DELETE", f"{CONTROL}/faults")
    for wrong in ({}, {"do": {}}, {"do": {"status": 99}}, {"do": {"status": 600}}, {"do": {"drop": "later"}}, {"do": {"delay_ms": -1}},
                  {"do": {"delay_ms": {"min": 2, "max": 1}}}, {"do": {"delay_ms": 10 ** 12}}, {"do": {"slow_bytes_per_s": 0}}, {"do": {"garbage": "x"}},
                  {"match": {"family": "nobody"}, "do": {"status": 500}}, {"match": {"operation": "ListPipeline"}, "do": {"status": 500}},
                  {"do": {"status": 500}, "probability": 2}, {"do": {"status": 500}, "times": 0}, {"do": {"code": "X"}}, {"do": {"drop": "before", "status": 500}},
                  {"match": {"method": "BREW"}, "do": {"status": 500}}, {"match": {"path": "/nowhere"}, "do": {"status": 500}}):
        pair("POST", f"{CONTROL}/faults", wrong).pick("fault")
        pair("DELETE", f"{CONTROL}/faults")


def clock_and_scripts(pair):
    pair.fresh()
    for body in ({"now": "2029-01-01T00:00:00Z"}, {"now": "2031-01-01T00:00:00.5+02:00"}, {"now": "x"}, {"mode": "still"}, {"pace": 0}, {"pace": -1},
                 {"pace": 2.5}, {"now": "9999-12-31T23:59:59Z"}, {"now": "+10000-01-01T00:00:00Z"}, {}):
        pair("PUT", f"{CONTROL}/clock", body)
        pair("GET", f"{CONTROL}/clock")
    for ms in (0, 1, -1, 1.5, "1", None, 2 ** 63, 10 ** 15, 31_536_000_000):
        pair.fresh()
        pair.advance(ms)
    for body in ({}, {"to": "fixtures"}, {"to": "nowhere"}, {"too": "empty"}, "", "[]"):
        pair("POST", f"{CONTROL}/reset", body)
        pair("PUT", f"{CONTROL}/clock", {"now": "2030-01-01T00:00:00Z", "mode": "frozen"})
    for body in ({"match": {}}, {"match": {"family": "nobody"}}, {"match": {"work": "nonsense"}}, {"outcome": "explode", "match": {}}, {"match": {}, "sequence": []},
                 {"match": {}, "outcome": "hang", "takes_ms": 1}, {"match": {}, "outcome": "succeed", "message": "x"}, {"match": {}, "times": 0},
                 {"match": {"family": "plans", "work": "abort"}, "outcome": "fail"}, {"match": {}, "sequence": [{"outcome": "fail"}], "times": 1},
                 {"match": {"family": "iam"}}, {"match": {"family": "zadig", "work": "rollback"}}, {"match": {}, "takes_ms": -1},
                 {"match": {"name": "[a-"}}, {"match": {"step": "*", "scope": "p?"}, "takes_ms": 10 ** 13}):
        script = pair("POST", f"{CONTROL}/scripts", body).pick("script")
        pair("GET", f"{CONTROL}/scripts")
        pair("DELETE", f"{CONTROL}/scripts/{script}")
    pair("DELETE", f"{CONTROL}/scripts/nothing")
    pair("DELETE", f"{CONTROL}/scripts")


def worlds(pair):
    pair.fresh()
    for body in ({"name": "t1", "freeze": FROZEN}, {"name": "t1"}, {}, {"name": "main"}, {"name": ""}, {"name": "a b/ü"}, {"freeze": None}, {"freeze": "x"},
                 {"auth": "strict", "name": "t2", "freeze": FROZEN}, {"auth": "none"}, {"fidelity": "none"}, {"references": "none"}, {"step": "x"},
                 {"pace": 0}, {"pipelines_list": "object", "name": "t3", "freeze": FROZEN, "step": "0s"}, {"pipelines_list": 1}, {"fixtures": 7}, {"fixtures": {"asm": {"x": 1}}},
                 {"fixtures": "documented"}, {"fixtures": {}}, {"nmae": "x"}, "", "[]", "{"):
        opened = pair("POST", f"{CONTROL}/worlds", body)
        name = opened.field("name")
        if opened.status == 201 and name in ("t1", "t2", "t3"):
            opened.pick(name, r'"url":"([^"]+)"', mask=False)
            for method, path in HITS.values():
                pair(method, path, world=name)
            pair("POST", "/v3/p1/pipeline/pipelines", {"name": "s", "model_version": 2, "config_mode": "ui", "stages": [{"name": "b", "tasks": [{"name": "c"}]}]}, world=name)
            pair("GET", "/v3/p1/pipeline/pipelines", world=name)
            pair("POST", f"{CONTROL}/clock/advance", {"ms": 60000}, world=name)
            pair("GET", f"{CONTROL}/state", world=name)
            pair("DELETE", f"{CONTROL}/worlds/{name}", world=name)
        pair("GET", f"{CONTROL}/worlds")
    for name in ("t1", "t1", "main", "nobody", "w1", "%ff"):
        pair("GET", f"{CONTROL}/worlds/{name}")
        pair("DELETE", f"{CONTROL}/worlds/{name}")
    for _ in range(8):
        pair("POST", f"{CONTROL}/worlds", {})
    pair("GET", f"{CONTROL}/worlds")


def journal(pair):
    pair.fresh()
    for method, path in HITS.values():
        for auth in (None, False):
            pair(method, path, auth=auth)
            pair("POST", path, {"nmae": "x"}, auth=auth)
            pair(method, path.replace("e", "ee", 1), auth=auth)
    pair("POST", "/v3/p1/cas/release-plans", json.dumps({"name": "y" * 20000, "password": "secret"}))
    pair("GET", f"{CONTROL}/requests")
    for query in ("family=asm", "family=nobody", "operation=ListPipelines", "operation=List*", "method=POST", "method=post", "status=404", "status=4*", "status=x",
                  "scope=p1", "caller=emulator", "path=/v3/*", "since=3", "since=x", "limit=2", "limit=0", "limit=-1", "limt=1", "since=2030-01-01T00:00:00Z"):
        pair("GET", f"{CONTROL}/requests?{query}")
    for match in ({}, {"operation": "ListPipelines"}, {"operation": "ListPipeline"}, {"family": "plans", "method": "POST", "status": "400"}, {"limit": 1}, {"statsu": 1}, {"since": 5}):
        for count in ({"exactly": 1}, {"at_least": 1}, {"at_most": 0}, {"at_least": 99}, {}, {"exactly": 1, "at_most": 2}, {"exactly": -1}):
            pair("POST", f"{CONTROL}/requests/verify", {"match": match, **count})
    pair("GET", f"{CONTROL}/events", headers=[("Last-Event-ID", "0")], stream=0.4)
    for query in ("?family=plans", "?id=none", "?family=nobody", "?famly=asm"):
        pair("GET", f"{CONTROL}/events{query}", headers=[("Last-Event-ID", "1")], stream=0.3)
    pair("GET", f"{CONTROL}/events", headers=[("Last-Event-ID", "x")], stream=0.3)
    pair("GET", f"{CONTROL}/metrics")
    pair("DELETE", f"{CONTROL}/requests")
    pair("GET", f"{CONTROL}/requests")
    pair("GET", f"{CONTROL}/metrics")
    pair("GET", f"{CONTROL}/openapi.json")
