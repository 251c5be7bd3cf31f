"""A client of Zadig's OpenAPI as of v4, in the style of its users: plain HTTP with a Bearer token, and polling."""

from collections.abc import Callable
from typing import Any

import requests

RELEASES = "/openapi/delivery/releases"
TASKS = "/openapi/workflows/custom"


class ZadigV4:
    """The calls of release automation, in the order in which it makes them."""

    def __init__(self, url: str, token: str, project: str) -> None:
        self.url = url
        self.project = project
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **more: Any) -> Any:
        answer = self.send(method, path, **more)
        answer.raise_for_status()
        return answer.json()

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=30, **more)

    def projects(self) -> list[str]:
        """The keys of all projects, page by page."""
        keys: list[str] = []
        number = 1
        while True:
            page = self.call("GET", "/openapi/projects/project", params={"pageNum": number, "pageSize": 2})
            keys += [project["project_key"] for project in page["projects"]]
            if len(keys) >= page["total"]:
                return keys
            number += 1

    def environments(self) -> list[dict[str, Any]]:
        return self.call("GET", "/openapi/environments", params={"projectKey": self.project})

    def environment(self, name: str) -> dict[str, Any]:
        return self.call("GET", f"/openapi/environments/{name}", params={"projectKey": self.project})

    def registry(self) -> dict[str, Any]:
        """The default registry."""
        registries = self.call("GET", "/openapi/system/registry")
        return next(registry for registry in registries if registry["is_default"])

    def workflows(self) -> list[str]:
        answer = self.call("GET", "/openapi/workflows", params={"projectKey": self.project})
        return [workflow["workflow_key"] for workflow in answer["workflows"]]

    def run(self, workflow: str, *jobs: tuple[str, str, dict[str, Any]]) -> int:
        """Starts a task of the jobs, each with its type and parameters."""
        inputs = [{"job_name": name, "job_type": kind, "parameters": parameters} for name, kind, parameters in jobs]
        body = {"project_key": self.project, "workflow_key": workflow, "inputs": inputs}
        return self.call("POST", f"{TASKS}/task", json=body)["task_id"]

    def task(self, workflow: str, task: int) -> dict[str, Any]:
        return self.call("GET", f"{TASKS}/task", params={"workflowKey": workflow, "taskId": task})

    def waiting_job(self, workflow: str, task: int) -> str | None:
        """The name of the job of a task that waits for an approval."""
        jobs = [job for stage in self.task(workflow, task)["stages"] for job in stage["jobs"]]
        return next((job["name"] for job in jobs if job["status"] == "wait_for_approval"), None)

    def approve(self, workflow: str, task: int, job: str, comment: str) -> dict[str, Any]:
        body = {"workflow_key": workflow, "task_id": task, "stage_name": job, "approve": True, "comment": comment}
        return self.call("POST", f"{TASKS}/task/approve", json=body)

    def retry_task(self, workflow: str, task: int) -> dict[str, Any]:
        return self.call("POST", f"{TASKS}/{workflow}/task/{task}", params={"projectKey": self.project})

    def cancel_task(self, workflow: str, task: int) -> dict[str, Any]:
        return self.call("DELETE", f"{TASKS}/task", params={"workflowKey": workflow, "taskId": task})

    def create_version(self, name: str, environment: str, registry: dict[str, Any], tag: str) -> dict[str, Any]:
        """Creates a version of every image of an environment, pushed with a tag."""
        prefix = registry["address"].removeprefix("https://") + "/" + registry["namespace"]
        services = [
            {"service_name": service["service_name"], "images": [
                {"container_name": container["name"], "target_image": f"{prefix}/{container['image_name']}:{tag}",
                 "target_image_tag": tag, "push_image": True}
                for container in service["containers"]]}
            for service in self.environment(environment)["services"]]
        body = {"project_key": self.project, "version_name": name, "source": "from_env", "env_name": environment,
                "production": False, "image_registry_id": registry["registry_id"], "services": services}
        return self.call("POST", f"{RELEASES}/k8s", json=body)

    def versions(self) -> list[dict[str, Any]]:
        return self.call("GET", RELEASES, params={"projectKey": self.project, "pageNum": 1, "pageSize": 20})["list"]

    def version(self, name: str) -> dict[str, Any]:
        return self.call("GET", f"{RELEASES}/detail", params={"projectKey": self.project, "versionName": name})

    def retry_version(self, name: str) -> dict[str, Any]:
        id, = [version["id"] for version in self.versions() if version["version_name"] == name]
        return self.call("POST", f"{RELEASES}/retry", params={"id": id, "projectKey": self.project})


def poll(read: Callable[[], dict[str, Any]], wait: Callable[[], object], *ends: str) -> list[str]:
    """The statuses that something has until it has one of these, each once; `wait` passes the time between two reads."""
    seen: list[str] = []
    for _ in range(200):
        status = read()["status"]
        if not seen or seen[-1] != status:
            seen.append(status)
        if status in ends:
            return seen
        wait()
    raise AssertionError(f"none of {ends} after {seen}")
