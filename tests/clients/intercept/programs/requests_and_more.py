"""A script of the kind that people have: the URLs of the cloud are in it, and nothing says that they are not meant."""

import sys
import urllib.request

import httpx
import requests

VERSION = "https://iam.cn-north-4.myhuaweicloud.com/v3"


def id_of(answer: dict) -> str:
    return answer["version"]["id"]


match sys.argv[1]:
    case "requests":
        print(id_of(requests.get(VERSION, timeout=10).json()))
    case "httpx":
        print(id_of(httpx.get(VERSION).json()))
    case "urllib":
        with urllib.request.urlopen(VERSION, timeout=10) as answer:
            print(answer.status)
    case "plain":
        print(id_of(requests.get(VERSION.replace("https", "http"), timeout=10).json()))
    case "login":
        user = {"name": "ann", "password": "password-of-ann", "domain": {"name": "acme"}}
        scope = {"project": {"name": "cn-north-4"}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
        issued = requests.post("https://iam.myhuaweicloud.com/v3/auth/tokens", json=body, timeout=10)
        token, project = issued.headers["X-Subject-Token"], issued.json()["token"]["project"]["id"]
        pipelines = f"https://servicestage.cn-north-4.myhuaweicloud.com/v3/{project}/pipeline/pipelines"
        shop = {"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [{"name": "build", "tasks": []}]}
        created = requests.post(pipelines, json=shop, headers={"X-Auth-Token": token}, timeout=10)
        print(created.status_code, requests.get(pipelines, headers={"X-Auth-Token": token}, timeout=10).json()[0]["name"])
    case "elsewhere":
        print(id_of(requests.get(VERSION, timeout=10).json()))
        try:
            requests.get("https://obs.cn-north-4.myhuaweicloud.com/bucket", timeout=10)
        except requests.exceptions.ProxyError as error:
            print(error)
