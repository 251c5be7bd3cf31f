#!/usr/bin/env python
"""Stands for deployment jobs in Python: login by password, a mesh, a grayscale release, polled to its end."""

import os

import requests

from bench import expect, expect_status, poll

ASM = os.environ["HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4"]

domain = {"name": os.environ["OS_USER_DOMAIN_NAME"]}
user = {"name": os.environ["OS_USERNAME"], "password": os.environ["OS_PASSWORD"], "domain": domain}
login = requests.post(
    os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"] + "/v3/auth/tokens",
    json={"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
                   "scope": {"project": {"name": os.environ["OS_PROJECT_NAME"]}}}}, timeout=30)
expect_status(201, login)

session = requests.Session()
session.headers["X-Auth-Token"] = login.headers["X-Subject-Token"]
meshes = f"{ASM}/v1/{login.json()['token']['project']['id']}/meshes"

created = session.post(meshes, json={
    "apiVersion": "v1", "kind": "Mesh", "metadata": {"name": "mesh-of-shop"},
    "spec": {"type": "InCluster", "version": "v1.18", "extendParams": {"clusters": [{
        "clusterID": "cluster-1",
        "installation": {"nodes": {"fieldSelector": {"key": "UID", "operator": "In", "values": ["node-1"]}}}}]}}})
mesh = expect_status(201, created).json()["metadata"]["uid"]
poll(lambda: session.get(f"{meshes}/{mesh}").json()["status"]["phase"], "Running")


def deployment(tag: str) -> dict[str, object]:
    return {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [
        {"name": "app", "image": f"shop/reviews:{tag}"}]}}}}


releases = f"{ASM}/v2/meshes/{mesh}/namespaces/default/releases"
expect_status(201, session.post(releases, json={
    "kind": "Release", "apiVersion": "asm/v2", "metadata": {"name": "reviews-v2"},
    "spec": {"serviceName": "reviews", "version": "v2", "grayDeployments": [{"template": deployment("2")}]}}))
release = f"{releases}/reviews-v2"
poll(lambda: session.get(release).json()["status"]["phase"], "Running")

expect_status(200, session.put(release, json={"spec": {"grayDeployments": [{"template": deployment("3")}]}}))
images = expect_status(200, session.get(release)).text
expect("shop/reviews:3" in images and "shop/reviews:2" not in images, f"not updated: {images}")

expect_status(200, session.delete(release, params={"action": "end"}))
poll(lambda: session.get(f"{ASM}/v2/meshes/{mesh}/releases").json()["items"], [])
expect_status(404, session.get(release))
