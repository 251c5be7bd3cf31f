"""Clock, faults and worlds, which would spoil the rest."""

from schemathesis import Case

import worlds

emulator, apart = worlds.start(worlds.is_apart)


def prepare(label: str) -> dict[str, str]:
    """Makes the fault or the world that is looked at or taken back, after closing all the worlds there are."""
    for world in emulator.control("GET", "worlds").json()["worlds"]:
        if world["name"] != "main":
            emulator.control("DELETE", f"worlds/{world['name']}")
    if "/faults/{id}" in label:
        return {"id": emulator.control("POST", "faults", {"do": {"status": 429}}).json()["id"]}
    if "/worlds/{name}" in label:
        return {"name": emulator.control("POST", "worlds", {}).json()["name"]}
    return {}


@apart.parametrize()
def test_apart(case: Case) -> None:
    case.call_and_validate()
