#!/usr/bin/env python
"""Stands for Terraform's resource of a mesh: versions, project and account signed for, then create, poll, destroy."""

import os

import requests

from bench import expect, expect_status, poll
from signing import Signature

BASE = os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"]

versions = expect_status(300, requests.get(BASE + "/", timeout=30)).json()["versions"]["values"]
stable = [version for version in versions if version["id"].startswith("v3") and version["status"] == "stable"]
expect(len(stable) == 1, f"no version 3: {versions}")
iam = stable[0]["links"][0]["href"].rstrip("/")
expect(iam == BASE + "/v3", f"the version is elsewhere: {iam}")

session = requests.Session()
session.auth = Signature(os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"])
session.headers["User-Agent"] = "terraform-provider/1.0"
session.headers["Content-Type"] = "application/json"

projects = expect_status(200, session.get(iam + "/projects", params={"name": os.environ["OS_REGION_NAME"]}))
expect(len(projects.json()["projects"]) == 1, f"not one project: {projects.text}")
project = projects.json()["projects"][0]["id"]
domains = expect_status(200, session.get(iam + "/auth/domains")).json()["domains"]
expect([domain["name"] for domain in domains] == [os.environ["OS_USER_DOMAIN_NAME"]], f"another account: {domains}")

session.headers["X-Project-Id"] = project
meshes = f"{os.environ['HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4']}/v1/{project}/meshes"
selector = {"fieldSelector": {"key": "UID", "operator": "In", "values": ["node-1"]}}
created = session.post(meshes, json={
    "apiVersion": "v1", "kind": "Mesh", "metadata": {"name": "mesh-of-terraform"},
    "spec": {"type": "InCluster", "version": "v1.18", "tags": [{"key": "owner", "value": "ann"}],
             "extendParams": {"clusters": [{"clusterID": "cluster-1", "installation": {"nodes": selector}}]}}})
mesh = f"{meshes}/{expect_status(201, created).json()['metadata']['uid']}"
poll(lambda: session.get(mesh).json()["status"]["phase"], "Running")
expect(session.get(mesh).json()["spec"]["extendParams"]["clusters"] == [{"clusterID": "cluster-1"}],
       f"the clusters show more than their ids: {session.get(mesh).text}")

expect_status(200, session.delete(mesh))
poll(lambda: session.get(mesh).status_code, 404)
