"""The operations of the binary, from its own OpenAPI document, so that none is forgotten."""

import re

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
# Ids that exist in the documented fixtures, or are made by `sweeps.prepare`.
KNOWN = {"project_id": "p1", "mesh_id": "m1", "namespace": "default"}


class Operation:
    """One method of one path, with its parameters and the bodies that its document shows."""

    def __init__(self, method, path, spec, family):
        self.method, self.path, self.family = method.upper(), path, family
        self.id = spec.get("operationId")
        self.queries = [p["name"] for p in spec.get("parameters", []) if p.get("in") == "query"]
        self.bodies = []
        for content in spec.get("requestBody", {}).get("content", {}).values():
            examples = [example["value"] for example in content.get("examples", {}).values()]
            self.bodies += examples or ([content["example"]] if "example" in content else [])
        self.takes_body = "requestBody" in spec

    def target(self, **ids):
        """The path with ids in place of its placeholders."""
        return re.sub(r"\{(\w+)\}", lambda name: ids.get(name[1], KNOWN.get(name[1], "unknown")), self.path)


def read(pair):
    """Every operation of every family and of the control plane."""
    document = pair("GET", "/_emulator/v1/openapi.json").json
    listed = pair("GET", "/_emulator/v1/operations").json["operations"]
    families = {(entry["method"], entry["path"]): entry["family"] for entry in listed}
    operations = [
        Operation(method, path, spec, families.pop((method.upper(), path), "control"))
        for path, methods in document["paths"].items()
        for method, spec in methods.items() if method in METHODS]
    assert not families, f"operations without a place in the OpenAPI document: {families}"
    return operations
