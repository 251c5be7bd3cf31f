"""Given to every test: the identities of the fixtures, the instant at which its clock stands, the length of a step."""

from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures.json"

# The instant at which the clock of each world stands at first, as pytest.ini has it, in milliseconds of the epoch.
START_MS = 2_208_988_800_000

# The length of one step of work unless a script says otherwise.
STEP_MS = 2_000
