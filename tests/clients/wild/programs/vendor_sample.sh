#!/bin/bash
# Stands for the shell samples of the vendor's AI services: curl -i, grep and awk, with the CR left at the token.
source "$(dirname "$0")/../bench.sh"

TOKEN=$(curl -s -i -X POST "$HUAWEICLOUD_SDK_IAM_ENDPOINT/v3/auth/tokens" \
  -H 'Content-Type:application/json;charset=utf8' \
  -d '{
    "auth": {
      "identity": {
        "password": {
          "user": {
            "name": "'"$OS_USERNAME"'",
            "password": "'"$OS_PASSWORD"'",
            "domain": {"name": "'"$OS_USER_DOMAIN_NAME"'"}
          }
        },
        "methods": ["password"]
      },
      "scope": {"project": {"name": "'"$OS_PROJECT_NAME"'"}}
    }
  }' | grep X-Subject-Token | awk '{print $2}')
[[ $TOKEN == ?*$'\r' ]] || fail "no token with a CR: '$TOKEN'"

answer=$(curl -s -i "$HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4/v3/$HUAWEICLOUD_SDK_PROJECT_ID/cas/release-plans" \
  -H "X-Auth-Token:$TOKEN")
[[ $answer == *'"count":0'* ]] || fail "no list of release plans: $answer"
