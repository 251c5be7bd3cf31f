#!/bin/sh
# Stands for OpenStack-style shell scripts that get the token with awk: OS_* variables, nocatalog, a clean token.
. "$(dirname "$0")/../bench.sh"

OS_AUTH_URL=$HUAWEICLOUD_SDK_IAM_ENDPOINT/v3

OS_TOKEN=$(curl -sS -i -H "Content-Type: application/json" "$OS_AUTH_URL/auth/tokens?nocatalog=true" -d @- <<EOF |
{"auth": {
  "identity": {"methods": ["password"], "password": {"user": {
    "name": "$OS_USERNAME", "domain": {"name": "$OS_USER_DOMAIN_NAME"}, "password": "$OS_PASSWORD"}}},
  "scope": {"project": {"name": "$OS_PROJECT_NAME", "domain": {"name": "$OS_USER_DOMAIN_NAME"}}}}}
EOF
  awk '/^X-Subject-Token:/ {print $2}' | tr -d '\r')
[ -n "$OS_TOKEN" ] || fail "no token"

projects=$(curl -sS -H "X-Auth-Token: $OS_TOKEN" "$OS_AUTH_URL/projects?name=$OS_PROJECT_NAME")
project=$(echo "$projects" | sed 's/.*"id":"\([0-9a-f]\{32\}\)".*/\1/')
[ "$project" = "$HUAWEICLOUD_SDK_PROJECT_ID" ] || fail "another project: $projects"

meshes=$(curl -sS -H "X-Auth-Token: $OS_TOKEN" "$HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4/v1/$project/meshes")
echo "$meshes" | grep -q '"kind":"MeshList"' || fail "no list of meshes: $meshes"
