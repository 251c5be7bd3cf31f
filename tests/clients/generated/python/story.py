"""The generated Python client: every operation is there, and a pipeline, a plan and a release go their way."""

import os
import pkgutil

import release_emulator_client.api as api
from release_emulator_client import AuthenticatedClient
from release_emulator_client.api.asm import create_release
from release_emulator_client.api.control import add_fault, add_script, advance_clock
from release_emulator_client.api.pipelines import create_pipeline, list_pipelines, operate_pipeline
from release_emulator_client.api.plans import create_release_plan
from release_emulator_client.models import (
    AsmRelease,
    AsmReleaseOrder,
    ClockAdvance,
    CreateReleasePlanBody,
    Fault,
    OperatePipelineActionId,
    Pipeline,
    PipelineBody,
    PipelineStatus,
    ReleasePlan,
    Script,
)

PROJECT = "0605767aee00d2562f3cc0123456789a"

client = AuthenticatedClient(
    base_url=os.environ["RELEASE_EMULATOR_URL"], token="any", prefix="", auth_header_name="X-Auth-Token"
)

operations = {
    module.name
    for family in pkgutil.iter_modules(api.__path__)
    for module in pkgutil.iter_modules([f"{api.__path__[0]}/{family.name}"])
}
assert len(operations) == int(os.environ["OPERATIONS"]), f"{len(operations)} operations were generated"

body = PipelineBody.from_dict(
    {"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [{"name": "build", "tasks": [{"name": "compile"}]}]}
)
created = create_pipeline.sync(PROJECT, client=client, body=body)
assert isinstance(created, Pipeline) and created.status is PipelineStatus.INITIALISED
started = operate_pipeline.sync_detailed(PROJECT, created.id, client=client, action_id=OperatePipelineActionId.START)
assert started.status_code == 200
advance_clock.sync(client=client, body=ClockAdvance(ms=2_000))
listed = list_pipelines.sync(PROJECT, client=client, limit=10)
assert isinstance(listed, list) and [row.status for row in listed] == [PipelineStatus.SUCCEEDED]

components = [{"seq": 0, "name": "web", "runtime_stack": {"name": "java"}, "source": {"kind": "image"}}]
plan_body = CreateReleasePlanBody.from_dict({"name": "weekly", "components": components})
plan = create_release_plan.sync(PROJECT, client=client, body=plan_body)
assert isinstance(plan, ReleasePlan)
component = plan.components[0].to_dict()
assert (component["runtime_stack"], component["source"]) == ({"name": "java"}, {"kind": "image"})

order = AsmReleaseOrder.from_dict(
    {"metadata": {"name": "web-gray"}, "spec": {"serviceName": "web", "version": "v2", "grayDeployments": [{"template": {}}]}}
)
release = create_release.sync("m1", "shop", client=client, body=order)
assert isinstance(release, AsmRelease) and release.spec.version == "v2"

assert add_script.sync_detailed(client=client, body=Script.from_dict({"match": {"step": "x"}})).status_code == 201
fault = Fault.from_dict({"do": {"delay_ms": {"median": 80, "sigma": 0.4}}})
assert add_fault.sync_detailed(client=client, body=fault).status_code == 201
