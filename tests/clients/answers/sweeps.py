"""What does not depend on a family: each route with each method, credential, query and body."""

from mutations import broken, mutated
from pair import BEARER, TOKEN

KEY = ("EMULATORACCESSKEY001", "emulatorSecretKey0123456789abcdefABCDEF01")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get")
ODD_VALUES = ("", "7", "0", "-1", "1.5", "x", "true", "99999999999999999999", "%C3%BC", "%ff", "a%20b", "desc", "create_time")
ODD_PATHS = (
    "/", "//", "/nowhere", "/_emulator", "/_emulator/v1", "/_emulator/v1/nowhere", "/_emulator/v2/clock", "/v1", "/v2/meshes",
    "/v2/meshes/", "/v2/meshes/m1", "/v2/meshes/m1/release", "/v2/meshes/m1/namespaces/default", "/v3", "/v3/p1",
    "/v3/p1/pipeline/pipeline", "/v3/p1/pipelines", "/v3/p1/cas", "/v3/p1/cas/release-plan", "/v3/p1/cas/release-plans/x/start",
    "/v3/p1/pipeline/pipelines/", "/v3//pipeline/pipelines", "/v3/{project_id}/pipeline/pipelines", "/v3/%7Bproject_id%7D/cas/release-plans",
    "/v3/p1/pipeline/pipelines/%ff", "/v3/p1/pipeline/pipelines/%", "/v3/p1/pipeline/pipelines/%zz", "/v3/%ff/cas/release-plans",
    "/V3/p1/pipeline/pipelines", "/v3/p1/pipeline/pipelines/a%2Fb", "/v3/p1/pipeline/pipelines/ü", "/v3/auth", "/v3/auth/token",
    "/v3/projects/", "/v3/project", "/openapi", "/openapi/delivery", "/openapi/delivery/release", "/openapi/delivery/releases/",
    "/openapi/delivery/releases/k8", "/openapi/delivery/releases/%ff", "/openapi/delivery/releases/a/b", "/openapi/%2e%2e/x",
    "/v1/{project_id}/meshes", "/v1/p1/mesh", "/v1/p1/meshes/m1/x", "/openapi.json", "*", "http://emulator.test/v3/p1/pipeline/pipelines")


def prepare(pair):
    """A resource of each family under the ids of `catalogue.KNOWN`."""
    pair.fresh()
    pair("PATCH", "/_emulator/v1/state", {"asm": {"meshes": [{"id": "m1", "name": "mesh-one", "releases": []}]}})


def methods_and_paths(pair, operations):
    prepare(pair)
    for path in sorted({operation.path for operation in operations}):
        operation = next(o for o in operations if o.path == path)
        if operation.id in ("Listen", "Reset", "ShowMetrics"):
            continue
        for target in (operation.target(), operation.target() + "/", operation.target() + "/more/yet", operation.target()[:-1]):
            for method in METHODS:
                # A body, or an answer without end, is not meant here; `events` has its own scenario.
                if not (method == "GET" and target.rstrip("/").endswith("/events")):
                    pair(method, target)
        for unknown in ("%ff", "%", "%00", "a%2Fb", "%7Bid%7D", "x" * 300):
            pair(operation.method, operation.target(
                project_id=unknown, mesh_id=unknown, namespace=unknown, release_id=unknown, id=unknown, name=unknown,
                pipeline_id=unknown, release_plan_id=unknown, family=unknown))
    for path in ODD_PATHS:
        for method in ("GET", "POST", "HEAD", "DELETE"):
            pair(method, path)
            pair(method, path, auth=False)


def credentials(pair, operations):
    """Tokens, signatures and nonsense, at every operation of a family."""
    prepare(pair)
    headers = [
        False, TOKEN, BEARER, ("X-Auth-Token", ""), ("X-Auth-Token", "demo-token"), ("X-Auth-Token", "ü"),
        ("Authorization", ""), ("Authorization", "Bearer"), ("Authorization", "Bearer demo-token"), ("Authorization", "any"),
        ("Authorization", "Basic YTpi"), ("Authorization", "SDK-HMAC-SHA256 Access=a"),
        ("Authorization", "SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=zz"),
        ("Authorization", f"SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature={'0' * 64}"),
        ("Authorization", f"V11-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature={'0' * 64}"),
        ("Authorization", f"SDK-SM2-SM3 Access=a, SignedHeaders=host, Signature={'0' * 64}")]
    for operation in operations:
        if operation.family == "control":
            continue
        body = operation.bodies[0] if operation.bodies else None
        for header in headers:
            pair(operation.method, operation.target(), body, auth=header)
        for key in (KEY, (KEY[0], "wrong"), ("UNKNOWNACCESSKEY", "any")):
            pair(operation.method, operation.target() + "?b=2&a=1%20x", body, key=key)
        pair(operation.method, operation.target(), body, key=KEY, date="20200101T000000Z")
        pair(operation.method, operation.target(), body, key=KEY, date="yesterday")
        pair(operation.method, operation.target(), body, [("X-Project-Id", "elsewhere")])
        pair(operation.method, operation.target() + "?token=demo-token", body, auth=False)
        pair(operation.method, operation.target(), body, [TOKEN], auth=TOKEN)


def queries(pair, operations):
    """Every parameter that is known, with odd values, twice and misspelt."""
    prepare(pair)
    for operation in operations:
        if operation.id in ("Listen", "ShowMetrics") or operation.method == "DELETE" and operation.family == "control":
            continue
        body = operation.bodies[0] if operation.bodies and operation.family != "control" else None
        for name in operation.queries:
            for value in ODD_VALUES:
                pair(operation.method, f"{operation.target()}?{name}={value}", body)
            pair(operation.method, f"{operation.target()}?{name}", body)
            pair(operation.method, f"{operation.target()}?{name}=1&{name}=2", body)
            pair(operation.method, f"{operation.target()}?{name[:-1]}=1", body)
        for query in ("?", "?unheard-of=1", "?&&=", "?a=%zz", "?%ff=1", "?a=+b"):
            pair(operation.method, operation.target() + query, body)


def bodies(pair, operations, prepared=prepare, ids=None):
    """Every documented body, right, broken, and wrong in each of its fields, in an empty store each tenth time."""
    count = 0
    for operation in operations:
        if not operation.bodies or operation.id in ("AddWorld", "Reset"):
            continue
        target = operation.target(**(ids or {}))
        if operation.id == "OperatePipeline":
            target += "?action_id=start"
        prepared(pair)
        pair(operation.method, target, b" " * 13_000_000 + b"{}")
        pair(operation.method, target, operation.bodies[0], [("Content-Type", "text/plain")])
        for body in operation.bodies:
            pair(operation.method, target, body)
            for wrong in [*broken(body), *mutated(body)]:
                count += 1
                if count % 10 == 0:
                    prepared(pair)
                pair(operation.method, target, wrong)
