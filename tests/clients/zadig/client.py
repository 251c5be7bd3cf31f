"""A client of Zadig's OpenAPI for delivery versions, in the style of its users: plain HTTP with a Bearer token."""

from typing import Any

import requests

RELEASES = "/openapi/delivery/releases"


class Zadig:
    """The five operations with a token, or without a credential."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url + RELEASES
        self.session = requests.Session()
        self.session.trust_env = False
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def list(self, project: str = "shop", page: int = 1, size: int = 20) -> requests.Response:
        return self.send("GET", "", params={"projectKey": project, "pageNum": page, "pageSize": size})

    def get(self, id: str, project: str = "shop") -> requests.Response:
        return self.send("GET", f"/{id}", params={"projectKey": project})

    def delete(self, id: str, project: str = "shop") -> requests.Response:
        return self.send("DELETE", f"/{id}", params={"projectKey": project})

    def create_k8s(self, body: dict[str, Any]) -> requests.Response:
        return self.send("POST", "/k8s", json=body)

    def create_helm(self, body: dict[str, Any]) -> requests.Response:
        return self.send("POST", "/helm", json=body)

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=30, **more)

    def id(self, name: str) -> str:
        """The id of the version with that name, since the answer to a creation has no id."""
        found, = [version["id"] for version in self.list().json()["list"] if version["version_name"] == name]
        return found

    def detail(self, name: str) -> dict[str, Any]:
        return self.get(self.id(name)).json()


def k8s(name: str = "v1", **more: Any) -> dict[str, Any]:
    """A version of two images to push, and a third that is not pushed."""
    def image(name: str, disabled: bool = False) -> dict[str, Any]:
        return {"container_name": name, "image_name": name, "image_tag": "1.0", "disable_image_dist": disabled}

    return {"project_key": "shop", "version_name": name, "env_name": "prod", "production": True, "desc": "the first",
            "labels": ["stable"], "image_registry_id": "registry-1",
            "yaml_datas": [{"service_name": "web", "image_datas": [image("web"), image("proxy")]},
                           {"service_name": "db", "image_datas": [image("db", disabled=True)]}], **more}


def helm(name: str = "v1", **more: Any) -> dict[str, Any]:
    """A version of one chart with one image."""
    image = {"container_name": "web", "image_name": "web", "image_tag": "1.0", "disable_image_dist": False}
    chart = {"service_name": "web", "version": "1.76.0", "image_datas": [image]}
    return {"project_key": "shop", "version_name": name, "env_name": "prod", "production": True, "desc": "",
            "labels": [], "image_registry_id": "registry-1", "chart_repo_name": "charts", "chart_datas": [chart],
            **more}
