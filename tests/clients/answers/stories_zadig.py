"""Stories of Zadig delivery versions: Kubernetes and Helm, pushes, retries, references, roles."""

import copy

from mutations import mutated

AT = "/openapi/delivery/releases"
REGISTRY = "62ce6231e0281143de477e60"


def image(n, **more):
    return {"container_name": f"c{n}", "image_name": f"image{n}", "image_tag": f"t{n}", **more}


K8S = {"project_key": "demo", "version_name": "v1", "retry": False, "env_name": "dev", "production": False, "desc": "d <&> \u2028",
       "labels": ["a", "b"], "image_registry_id": REGISTRY, "yaml_datas": [
           {"service_name": "service1", "image_datas": [image(1), image(2, disable_image_dist=False)]},
           {"service_name": "service2", "image_datas": [image(3, disable_image_dist=True)]}]}
HELM = {"project_key": "demo", "version_name": "v1", "env_name": "dev", "image_registry_id": REGISTRY, "chart_repo_name": "test",
        "chart_datas": [{"service_name": "chart1", "version": "1.76", "image_datas": [image(1)]},
                        {"service_name": "chart2", "version": "1.77", "image_datas": [image(2)]}]}


def _containers(*numbers):
    return [{"name": f"c{n}", "image": f"koderover.tencentcloudcr.com/test/image{n}:current"} for n in numbers]


REFERENCES = {"zadig": {"projects": [{
    "key": "demo",
    "environments": [{"name": "dev", "production": False, "services": [
        {"name": "service1", "containers": _containers(1, 2)}, {"name": "service2", "containers": _containers(3)},
        {"name": "chart1", "chart": "chart1", "containers": _containers(1)}, {"name": "chart2", "chart": "chart2", "containers": _containers(2)}]}],
    "registries": [
        {"id": REGISTRY, "address": "https://koderover.tencentcloudcr.com", "namespace": "test"},
        {"id": REGISTRY[:-1] + "1", "address": "https://other.example", "namespace": "ns", "projects": ["another"]},
        {"id": REGISTRY[:-1] + "2", "address": "https://1.dkr.ecr.example", "namespace": "ns", "provider": "ecr", "projects": ["<all_projects>"]}],
    "chart_repos": [{"name": "test"}]}]},
    "identities": {"zadig_users": [
        {"token": "admin", "name": "patrick", "admin": True}, {"token": "reader", "name": "rita", "projects": {"demo": ["get_delivery"]}},
        {"token": "maker", "name": "max", "projects": {"demo": ["create_delivery"], "other": ["release_get"]}},
        {"token": "remover", "name": "ron", "projects": {"demo": ["delete_delivery"]}},
        {"token": "owner", "name": "olga", "projects": {"demo": ["project_admin"]}}, {"token": "nobody", "name": "nina"}]}}
FAIL = {"match": {"family": "zadig", "step": "c2"}, "outcome": "fail", "message": "denied", "times": 1}
FAIL_IMAGE = {"match": {"family": "zadig", "step": "image2"}, "outcome": "fail", "message": "denied", "times": 1}
HANG = {"match": {"family": "zadig"}, "outcome": "hang"}
CHART = {"match": {"family": "zadig", "step": "chart2"}, "outcome": "fail", "message": "no chart", "times": 1}
RECIPES = [([], 0), ([], 2000), ([], 60000), ([FAIL], 60000), ([FAIL_IMAGE], 60000), ([HANG], 10000), ([HANG], 3_600_000), ([CHART], 60000)]


def reach(pair, kind, body, scripts, wait):
    pair.fresh()
    for script in scripts:
        pair("POST", "/_emulator/v1/scripts", script).pick("script")
    pair("POST", f"{AT}/{kind}", body)
    pair.advance(wait)
    return look(pair)


def look(pair):
    listed = pair("GET", f"{AT}?projectKey=demo&pageNum=1&pageSize=20").field("list", [])
    vid = listed[0]["id"] if listed else "0" * 24
    pair("GET", f"{AT}/{vid}?projectKey=demo")
    pair("GET", f"/_emulator/v1/resources/zadig/{vid}/timeline")
    return vid


def play(pair):
    for kind, body in (("k8s", K8S), ("helm", HELM)):
        for scripts, wait in RECIPES:
            for command in (None, body, {**body, "retry": True}, "delete", "read", {**body, "retry": True, "version_name": "v9"}):
                vid = reach(pair, kind, body, scripts, wait)
                if command == "delete":
                    pair("DELETE", f"{AT}/{vid}?projectKey=demo")
                elif command == "read":
                    for query in ("", "?projectKey=other", "?projectKey=", "?projectkey=demo"):
                        for method in ("GET", "DELETE", "HEAD"):
                            pair(method, f"{AT}/{vid}{query}")
                    pair("GET", "/_emulator/v1/state")
                elif command:
                    pair("POST", f"{AT}/{kind}", command)
                look(pair)
                pair.advance(4_000_000)
                look(pair)
    pages(pair)
    variants(pair)


def pages(pair):
    pair.fresh()
    for n in range(6):
        pair("POST", f"{AT}/k8s", {**K8S, "version_name": f"v{n}"})
        pair.advance(1000)
    for query in ("pageNum=1&pageSize=2", "pageNum=2&pageSize=2", "pageNum=9&pageSize=2", "pageNum=0&pageSize=0", "pageSize=2", "pageNum=1",
                  "pageNum=-1&pageSize=2", "pageNum=x&pageSize=2", "pageNum=1&pageSize=-1", "pageNum=1&pageSize=1000"):
        pair("GET", f"{AT}?projectKey=demo&{query}")
    for vid in ("x", "0" * 23, "0" * 24, "g" * 24, "k8s", "helm"):
        for method in ("GET", "DELETE"):
            pair(method, f"{AT}/{vid}?projectKey=demo")


def variants(pair):
    """Wrong and unknown values in every field, each in a store of its own; run under each fidelity and kind of references."""
    for kind, body in (("k8s", K8S), ("helm", HELM)):
        changed = list(mutated(body, [None, "", "unknown", 7, [], [None], {}, "http://a:1:2:3"]))
        lists = {"yaml_datas" if kind == "k8s" else "chart_datas"}
        for field in lists:
            doubled = copy.deepcopy(body)
            doubled[field] = doubled[field] * 2
            changed.append(doubled)
        changed += [{**body, "image_registry_id": REGISTRY[:-1] + end} for end in "123"]
        for n, wrong in enumerate(changed):
            pair("PUT", "/_emulator/v1/state", REFERENCES)
            pair("POST", f"{AT}/{kind}", wrong, auth=("Authorization", "Bearer admin"))
            if n % 4 == 0:
                pair.advance(10_000)
            pair("GET", f"{AT}?projectKey=demo&pageNum=1&pageSize=20", auth=("Authorization", "Bearer admin"))


def roles(pair):
    """Who may do what, by token."""
    for token in ("admin", "reader", "maker", "remover", "owner", "nobody", "unknown"):
        pair("PUT", "/_emulator/v1/state", REFERENCES)
        auth = ("Authorization", f"Bearer {token}")
        for project in ("demo", "other", ""):
            pair("POST", f"{AT}/k8s", {**K8S, "project_key": project}, auth=auth)
            pair("POST", f"{AT}/helm", {**HELM, "project_key": project, "version_name": "h"}, auth=auth)
            listed = pair("GET", f"{AT}?projectKey={project}&pageNum=1&pageSize=20", auth=auth).field("list", [])
            for vid in [entry["id"] for entry in listed or []] + ["0" * 24]:
                pair("GET", f"{AT}/{vid}?projectKey={project}", auth=auth)
                pair("GET", f"{AT}/{vid}", auth=auth)
                pair("DELETE", f"{AT}/{vid}?projectKey={project}", auth=auth)
