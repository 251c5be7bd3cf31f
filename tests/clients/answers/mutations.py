"""Bodies that are wrong in one place, made of one that is right."""

import copy
import json

WRONG = [None, 7, -1.5, True, "", "text", "ünï \" \\ \u2028", [], [1], {}, {"a": 1}, "x" * 600]


def places(value, place=()):
    """Every place within a JSON value below its root."""
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    else:
        return
    for key, item in inner:
        yield (*place, key)
        yield from places(item, (*place, key))


def at(value, place):
    for key in place:
        value = value[key]
    return value


def mutated(body, wrong=None):
    """Each field replaced by values of every type, left out, misspelt; an unknown one added to each object."""
    for place in places(body):
        for value in WRONG if wrong is None else wrong:
            changed = copy.deepcopy(body)
            at(changed, place[:-1])[place[-1]] = value
            yield changed
        changed = copy.deepcopy(body)
        item = at(changed, place[:-1]).pop(place[-1])
        yield changed
        if isinstance(place[-1], str):
            changed = copy.deepcopy(changed)
            at(changed, place[:-1])[swapped(place[-1])] = item
            yield changed
        if isinstance(item, dict):
            changed = copy.deepcopy(body)
            at(changed, place)["unheard-of"] = 1
            yield changed


def swapped(name):
    """A name with its second and third letter exchanged."""
    return name[:1] + name[2:3] + name[1:2] + name[3:] if len(name) > 2 else name + "x"


def broken(body):
    """Texts that are no such body at all."""
    text = json.dumps(body)
    twice = text[:-1] + "," + text[1:] if isinstance(body, dict) and body else text + text
    return ["", " ", "null", "true", "7", '"text"', "[]", "{}", "[{}]", "{", text[:-1], text[: len(text) // 2], text + "x",
            twice, text.replace('"', "'"), "\ufeff" + text, " \n" + text + "\r\n", b"\xff\xfe" + text.encode(),
            text.replace(":", ":\x00", 1), '{"unheard-of": 1}', '{"a": 1e999}', '{"a": "\\ud800"}', "[" * 300]
