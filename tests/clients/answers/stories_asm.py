"""Stories of ASM releases and meshes: every command in every phase, traffic, images, names."""

AT = "/v2/meshes/m1/namespaces/default/releases"
MESHES = "/v1/p1/meshes"


def workload(image, name="app"):
    return {"template": {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"name": name, "image": image}]}}}}}


BODY = {"metadata": {"name": "reviews-v2"}, "spec": {"serviceName": "reviews", "version": "v2", "grayDeployments": [workload("shop/reviews:2")]}}
MESH = {"kind": "Mesh", "apiVersion": "v1", "metadata": {"name": "mesh-a"}, "spec": {
    "region": "r", "type": "InCluster", "version": "1.15.7-r1", "extendParams": {"clusters": [
        {"clusterID": "c1", "projectID": "p1", "injection": {"namespaces": {"fieldSelector": {"key": "UID", "operator": "In", "values": ["x"]}}},
         "installation": {"nodes": {"fieldSelector": {"key": "UID", "operator": "In", "values": ["y"]}}}}]}}}
FAIL = {"match": {"family": "asm"}, "outcome": "fail", "message": "no pods", "times": 1}
HANG = {"match": {"family": "asm"}, "outcome": "hang"}
RECIPES = {"creating": [], "running": [2000], "failed": [FAIL, 2000], "hanging": [HANG, 9000]}
COMMANDS = [("DELETE", query, None) for query in ("", "?action=cancel", "?action=end", "?action=finish", "?action=stop", "?action=")] + [
    ("PUT", "", {"spec": {"grayDeployments": [workload(image, name)]}}) for image, name in (
        ("shop/reviews:3", "app"), ("shop/reviews", "app"), ("shop/other:3", "app"), ("shop/reviews:3", "other"), ("", "app"),
        ("shop/reviews@sha256:" + "a" * 64, "app"))] + [("PUT", "", {"spec": {"grayDeployments": []}}), ("PUT", "", {"spec": {"version": "v3"}})]


def traffic(pair, gray):
    pair("PUT", "/_emulator/v1/asm/m1/default/reviews-v2/traffic", {"gray": gray})


def reach(pair, recipe, method="POST", path=AT, body=BODY):
    pair.fresh()
    scripts = [step for step in recipe if isinstance(step, dict)]
    for script in scripts:
        pair("POST", "/_emulator/v1/scripts", script).pick("script")
    created = pair(method, path, body)
    for step in recipe:
        if isinstance(step, int):
            pair.advance(step)
    metadata = created.field("metadata", {})
    return metadata.get("uid", "none") if isinstance(metadata, dict) else "none"


def look(pair, uid):
    for path in (f"{AT}/reviews-v2", f"{AT}/{uid}", "/v2/meshes/m1/releases", f"/_emulator/v1/resources/asm/{uid}/timeline"):
        pair("GET", path)


def play(pair):
    for recipe in RECIPES.values():
        look(pair, reach(pair, recipe))
        pair("GET", "/_emulator/v1/state")
        for gray in (None, 0, 50, 100):
            for method, query, body in COMMANDS:
                uid = reach(pair, recipe)
                if gray is not None:
                    traffic(pair, gray)
                pair(method, f"{AT}/reviews-v2{query}", body)
                look(pair, uid)
                pair.advance(2000)
        for method, query, body in COMMANDS:
            pair(method, f"{AT}/{uid}{query}", body)
        mesh_story(pair, recipe)
    names(pair)


def mesh_story(pair, recipe):
    def look_at(mesh):
        pair("GET", MESHES)
        pair("GET", f"{MESHES}/{mesh}")
        pair("GET", f"/v1/p2/meshes/{mesh}")
        pair("GET", f"/_emulator/v1/resources/asm/{mesh}/timeline")
    for wait in (0, 2000, 60000):
        mesh = reach(pair, recipe, "POST", MESHES, MESH)
        look_at(mesh)
        pair("POST", MESHES, MESH)
        pair("POST", f"/v2/meshes/{mesh}/namespaces/default/releases", BODY)
        pair("DELETE", f"{MESHES}/{mesh}")
        look_at(mesh)
        pair.advance(wait)
        pair("DELETE", f"{MESHES}/{mesh}")
        look_at(mesh)
        pair.advance(60000)
        look_at(mesh)


def names(pair):
    pair.fresh()
    for name, service in (("aaaa", "s1"), ("aaaa", "s2"), ("bbbb", "s1"), ("cccc", "s3"), ("a", "s8"), ("A_", "s4"), ("x" * 64, "s5"), ("", "s6"), ("-a", "s7")):
        pair("POST", AT, {"metadata": {"name": name}, "spec": {**BODY["spec"], "serviceName": service}})
    for gray in (-1, 0, 101, 1.5, "x", None):
        traffic(pair, gray)
    for kind in ("canary", "blueGreen", "bluegreen", "BlueGreen", "nonsense", ""):
        pair.fresh()
        pair("POST", AT, {**BODY, "spec": {**BODY["spec"], "type": kind}})
        pair("GET", f"{AT}/reviews-v2")
    for path in ("/v2/meshes/m2/releases", "/v2/meshes/m/releases", "/v2/meshes/m1/namespaces/other/releases/reviews-v2", f"{AT}/reviews-v1", f"{AT}/REVIEWS-V2"):
        pair("GET", path)
        pair("DELETE", path)
