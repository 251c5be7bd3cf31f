#!/bin/sh
# Stands for the DNS hooks of ACME clients: the headers go to a file, and the token is cut out of it with its CR.
. "$(dirname "$0")/../bench.sh"

http_header=$(mktemp)
trap 'rm -f "$http_header"' EXIT

# Sends a request: METHOD PATH [BODY]. _H1 is a header of the caller's.
_send() {
  curl --silent --dump-header "$http_header" --user-agent "hook/3.0" -H "Content-Type: application/json" -H "$_H1" \
    -X "$1" --data "$3" "$HUAWEICLOUD_SDK_IAM_ENDPOINT$2"
}

_get_token() {
  _send POST /v3/auth/tokens "{\"auth\": {\"identity\": {\"methods\": [\"password\"], \"password\": {\"user\": {
    \"name\": \"$OS_USERNAME\", \"password\": \"$OS_PASSWORD\", \"domain\": {\"name\": \"$OS_USER_DOMAIN_NAME\"}}}},
    \"scope\": {\"project\": {\"name\": \"$OS_PROJECT_NAME\"}}}}" >/dev/null
  grep "^X-Subject-Token" "$http_header" | cut -d " " -f 2-
}

_H1="X-Auth-Token: $(_get_token)"
case $_H1 in
  *"$(printf '\r')") ;;
  *) fail "no token with a CR in: $(cat "$http_header")" ;;
esac

meshes=/v1/$HUAWEICLOUD_SDK_PROJECT_ID/meshes
created=$(_send POST "$meshes" '{"kind": "Mesh", "apiVersion": "v1", "metadata": {"name": "challenge"}, "spec": {
  "type": "InCluster", "version": "v1.18", "extendParams": {"clusters": [{"clusterID": "cluster-1",
  "installation": {"nodes": {"fieldSelector": {"key": "UID", "operator": "In", "values": ["node-1"]}}}}]}}}')
uid=$(echo "$created" | grep -o '"uid":"[^"]*"' | cut -d '"' -f 4)
[ -n "$uid" ] || fail "no uid in: $created"
grep -q "^X-Request-Id: " "$http_header" || fail "no X-Request-Id in: $(cat "$http_header")"

wait_seconds 10
shown=$(_send GET "$meshes/$uid")
echo "$shown" | grep -q '"phase":"Running"' || fail "not running: $shown"

_send DELETE "$meshes/$uid" >/dev/null
wait_seconds 10
_send GET "$meshes/$uid" >/dev/null
grep -q "^HTTP/1.1 404" "$http_header" || fail "still there: $(cat "$http_header")"
