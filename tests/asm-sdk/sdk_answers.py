#!/usr/bin/env python3
"""Prints a full answer of every operation: JSON, by the operation's name, as the official SDK writes it.

Every field of the SDK's model of an answer has a value in it, and none has the value that an absent
one would be read as. Text is "1", which a number, a switch or a word can be read from as well.
"""

import json
import pathlib
import sys
import typing

from alibabacloud_cs20151215 import models as cs
from alibabacloud_servicemesh20200111 import models as mesh
from alibabacloud_sts20150401 import models as sts

# Fields whose form the SDK does not tell, or that say whether the answer is one.
KNOWN = {
    "Code": "200",
    "Expiration": "2999-01-01T00:00:00Z",
    "expiration": "2999-01-01T00:00:00Z",
    "CompatibilityInfoList": [
        {
            "k8s_version": {"MinMajor": "1", "MinMinor": "1", "MaxMajor": "1", "MaxMinor": "1"},
            "asm_version": {"Major": "1", "Minor": "1"},
        }
    ],
}
PLAIN = {str: "1", bytes: "1", int: 1, float: 1.5, bool: True}


def filled(kind):
    """A value of a type of the SDK, with something in each of its parts."""
    if kind in PLAIN:
        return PLAIN[kind]
    origin = typing.get_origin(kind)
    if origin is list:
        return [filled(typing.get_args(kind)[0])]
    if origin is dict:
        return {"a": filled(typing.get_args(kind)[1])}
    if kind is typing.Any:
        return {"a": "1"}
    hints = typing.get_type_hints(kind.__init__)
    hints.pop("return", None)
    return kind(**{name: filled(of) for name, of in hints.items()})


def known(answer):
    """The answer with what only the pages of the API tell."""
    if isinstance(answer, list):
        return [known(item) for item in answer]
    if isinstance(answer, dict):
        return {name: KNOWN[name] if name in KNOWN else known(value) for name, value in answer.items()}
    return answer


def answer(operation):
    for models in (mesh, sts, cs):
        body = getattr(models, f"{operation}ResponseBody", None)
        if body is not None:
            return known(filled(body).to_map())
    raise SystemExit(f"the SDK has no answer of {operation}")


def main():
    cases = json.loads((pathlib.Path(__file__).parent / "cases.json").read_text())
    operations = sorted({case["operation"] for case in cases})
    json.dump({operation: answer(operation) for operation in operations}, sys.stdout)


main()
