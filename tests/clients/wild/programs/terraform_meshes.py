#!/usr/bin/env python
"""Stands for Terraform's data source of meshes: a path without a project, signed, and the project in a header."""

import os

import requests

from bench import expect, expect_status
from signing import Signature

ASM = os.environ["HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4"]
PROJECT = os.environ["HUAWEICLOUD_SDK_PROJECT_ID"]

session = requests.Session()
session.auth = Signature(os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"])
session.headers.update({"Content-Type": "application/json", "X-Project-Id": PROJECT})

expect(expect_status(200, session.get(ASM + "/v1/meshes")).json()["items"] == [], "there is a mesh already")

selector = {"fieldSelector": {"key": "UID", "operator": "In", "values": ["node-1"]}}
created = expect_status(201, session.post(f"{ASM}/v1/{PROJECT}/meshes", json={
    "apiVersion": "v1", "kind": "Mesh", "metadata": {"name": "mesh-of-project"},
    "spec": {"type": "InCluster", "version": "v1.18",
             "extendParams": {"clusters": [{"clusterID": "cluster-1", "installation": {"nodes": selector}}]}}}))

listed = expect_status(200, session.get(ASM + "/v1/meshes")).json()
expect([mesh["metadata"]["uid"] for mesh in listed["items"]] == [created.json()["metadata"]["uid"]],
       f"not the mesh of the project: {listed}")
expect(expect_status(200, session.get(f"{ASM}/v1/{PROJECT}/meshes")).json() == listed,
       "the two paths list different meshes")
