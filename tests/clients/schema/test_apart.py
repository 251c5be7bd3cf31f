"""Clock, faults and worlds, which would spoil the rest."""

from schemathesis import Case

import worlds

emulator, apart = worlds.start(worlds.is_apart)


def prepare(label: str) -> dict[str, str]:
    """Makes the fault or the world that is looked at or taken back, after closing all the worlds there are."""
    for world in emulator.worlds():
        world.close()
    if "/faults/{id}" in label:
        return {"id": emulator.main.faults.add(status=429).id}
    if "/worlds/{name}" in label:
        return {"name": emulator.world().name}
    return {}


@apart.parametrize()
def test_apart(case: Case) -> None:
    case.call_and_validate()
