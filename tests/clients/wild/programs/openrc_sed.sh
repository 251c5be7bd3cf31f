#!/bin/sh
# Stands for OpenStack-style shell scripts that get the token with sed and look their endpoint up in the catalog.
. "$(dirname "$0")/../bench.sh"

OS_AUTH_URL=$HUAWEICLOUD_SDK_IAM_ENDPOINT/v3

login="{\"auth\": {\"identity\": {\"methods\": [\"password\"], \"password\": {\"user\": {
  \"name\": \"$OS_USERNAME\", \"domain\": {\"name\": \"$OS_USER_DOMAIN_NAME\"}, \"password\": \"$OS_PASSWORD\"}}},
  \"scope\": {\"project\": {\"name\": \"$OS_PROJECT_NAME\"}}}}"
token=$(curl -s -D - -o /dev/null -H "Content-Type: application/json" -d "$login" "$OS_AUTH_URL/auth/tokens" |
  sed -n 's/^X-Subject-Token: \([^[:space:]]*\).*/\1/p')
[ -n "$token" ] || fail "no token"

catalog=$(curl -s -H "X-Auth-Token: $token" "$OS_AUTH_URL/auth/catalog")
endpoint=$(echo "$catalog" | tr '{' '\n' | sed -n 's/.*"url":"\([^"]*\/v1\/[^"]*\)".*/\1/p')
[ -n "$endpoint" ] || fail "no endpoint of meshes in the catalog: $catalog"

meshes=$(curl -s -H "X-Auth-Token: $token" "$endpoint/meshes")
echo "$meshes" | grep -q '"items":\[\]' || fail "no list of meshes: $meshes"
