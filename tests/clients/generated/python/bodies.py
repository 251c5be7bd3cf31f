"""The models of datamodel-code-generator: they accept every example that the document shows, and keep its fields.

bodies.py DOCUMENT"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import models
from pydantic import BaseModel, TypeAdapter


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The contents of all requests and responses, each with the name of its operation."""
    for item in document["paths"].values():
        for operation in item.values():
            parts = [*operation["responses"].values(), operation.get("requestBody", {})]
            for part in parts:
                for content in part.get("content", {}).values():
                    yield operation["operationId"], content


def model_of(schema: dict[str, Any]) -> Any:
    if "items" in schema:
        return list[model_of(schema["items"])]
    return getattr(models, schema["$ref"].rsplit("/", 1)[1])


def is_kept(given: Any, kept: Any) -> bool:
    """Tells whether every value that was given is still there."""
    if isinstance(given, dict):
        return all(value is None or is_kept(value, kept[key]) for key, value in given.items())
    if isinstance(given, list):
        return all(map(is_kept, given, kept))
    return given == kept


checked = 0
for name, content in bodies(json.loads(Path(sys.argv[1]).read_text())):
    examples = [example["value"] for example in content.get("examples", {}).values()]
    for example in [*examples, *([content["example"]] if "example" in content else [])]:
        adapter = TypeAdapter(model_of(content["schema"]))
        model = adapter.validate_python(example)
        dumped = adapter.dump_python(model, mode="json", by_alias=True, exclude_unset=True)
        assert is_kept(example, dumped), f"{name}: {example} became {dumped}"
        checked += 1
n_models = sum(isinstance(model, type) and issubclass(model, BaseModel) for model in vars(models).values())
print(f"{n_models} models, {checked} bodies")
assert checked > 30
