# The bench around the programs in shell, which source it.

# Ends the program with a message.
fail() {
  echo "$*" >&2
  exit 1
}

# Lets seconds of the virtual clock pass, where a program against the cloud would sleep.
wait_seconds() {
  curl --silent --fail --output /dev/null "$RELEASE_EMULATOR_URL/_emulator/v1/clock/advance" \
    --data "{\"ms\": $(($1 * 1000))}" || fail "the clock cannot be advanced"
}
