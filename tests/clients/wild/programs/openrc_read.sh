#!/bin/bash
# Stands for OpenStack-style shell scripts that read the headers line by line, and revoke their token at the end.
source "$(dirname "$0")/../bench.sh"

declare -A headers

# Sends a request, and keeps its status and its headers.
request() {
  headers=()
  status=
  local name value
  while IFS=' ' read -r name value; do
    case $name in
      HTTP/*) status=${value%% *} ;;
      *:) headers[${name%:}]=${value%$'\r'} ;;
    esac
  done < <(curl -s -o /dev/null -D - "$@")
}

tokens=$HUAWEICLOUD_SDK_IAM_ENDPOINT/v3/auth/tokens
request "$tokens" -H 'Content-Type: application/json' -d "{\"auth\": {\"identity\": {\"methods\": [\"password\"],
  \"password\": {\"user\": {\"name\": \"$OS_USERNAME\", \"password\": \"$OS_PASSWORD\",
  \"domain\": {\"name\": \"$OS_USER_DOMAIN_NAME\"}}}}, \"scope\": {\"project\": {\"name\": \"$OS_PROJECT_NAME\"}}}}"
token=${headers[X-Subject-Token]}
[[ $status == 201 && -n $token ]] || fail "no token: $status, ${!headers[*]}"
[[ ${headers[Content-Type]} == application/json* ]] || fail "no Content-Type among ${!headers[*]}"

pipelines=$HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4/v3/$HUAWEICLOUD_SDK_PROJECT_ID/pipeline/pipelines
request "$pipelines" -H "X-Auth-Token: $token"
[[ $status == 200 ]] || fail "no list of pipelines: $status"

request "$tokens" -X DELETE -H "X-Auth-Token: $token" -H "X-Subject-Token: $token"
[[ $status == 204 ]] || fail "not revoked: $status"
request "$pipelines" -H "X-Auth-Token: $token"
[[ $status == 401 ]] || fail "a revoked token is answered: $status"
