#!/bin/bash
# Stands for the scripts by which other CI systems trigger a pipeline: start, poll, approve at the gate, poll.
set -euo pipefail
source "$(dirname "$0")/../bench.sh"

token=$(curl -s -i "$HUAWEICLOUD_SDK_IAM_ENDPOINT/v3/auth/tokens?nocatalog=true" -H 'Content-Type: application/json' \
  -d "{\"auth\": {\"identity\": {\"methods\": [\"password\"], \"password\": {\"user\": {
    \"domain\": {\"name\": \"$OS_USER_DOMAIN_NAME\"}, \"name\": \"$OS_USERNAME\", \"password\": \"$OS_PASSWORD\"}}},
    \"scope\": {\"project\": {\"name\": \"$OS_PROJECT_NAME\"}}}}" |
  grep 'X-Subject-Token' | cut -d: -f2 | tr -d '[:space:]') || fail "no token"

api() { curl -s -H "X-Auth-Token: $token" -H 'Content-Type: application/json' "$pipelines$1" "${@:2}"; }
pipelines=$HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4/v3/$HUAWEICLOUD_SDK_PROJECT_ID/pipeline/pipelines

created=$(api '' -d '{"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [
  {"name": "build", "tasks": [{"name": "compile"}]},
  {"name": "deploy", "approval_type": 1, "tasks": [{"name": "roll-out"}]}]}')
id=$(grep -oE '"id":"[0-9a-f-]{36}"' <<<"$created" | head -n 1 | cut -d '"' -f 4) || fail "not created: $created"

# Polls until the pipeline is in a status.
await() {
  local answer status=
  for _ in {1..60}; do
    answer=$(api "/$id")
    status=$(grep -oE '"status":[0-9]+,"version"' <<<"$answer" | grep -oE '[0-9]+') || fail "no status: $answer"
    [ "$status" != "$1" ] || return 0
    wait_seconds 3
  done
  fail "status $status instead of $1"
}

api "/$id/action?action_id=start" -X POST | grep -q '"status":4' || fail "not started"
await 5
api "/$id/action?action_id=approval" -d '{"task_name": "deploy", "approval_type": "agree"}' >/dev/null
await 2
api "/$id/records" | grep -q '"count":1' || fail "no record of the run"
