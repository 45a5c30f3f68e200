"""Builds one request of every operation with the official SDKs and prints them as JSON.

Nothing is sent: the one function through which the SDKs reach the network is replaced by one that
writes the request down. The parameters are those of cases.json, by their names in the API.
"""

import hashlib
import inspect
import json
import pathlib
import sys

from alibabacloud_cs20151215 import client as ack, models as ack_models
from alibabacloud_servicemesh20200111 import client as mesh, models as mesh_models
from alibabacloud_sts20150401 import client as sts, models as sts_models
from alibabacloud_tea_openapi import client as core, models as core_models
from alibabacloud_tea_openapi import utils as core_utils
from alibabacloud_tea_util import models as util_models

SERVICES = {
    "mesh": (mesh.Client, mesh_models),
    "sts": (sts.Client, sts_models),
    "ack": (ack.Client, ack_models),
}

# Differs from request to request, and by no more than that.
UNIQUE = {"x-acs-date": "DATE", "x-acs-signature-nonce": "NONCE"}

# A remark of the SDK about itself, which the API does not ask for.
OWN = {"x-acs-credentials-provider"}


class Written(Exception):
    """Ends a call in the place of an answer."""


def main():
    written = []

    def write(request, *_):
        written.append(request)
        raise Written

    core.DaraCore.do_action = write
    cases = json.loads(pathlib.Path(__file__).with_name("cases.json").read_text("utf-8"))
    requests = []
    for token in (None, "sdktoken+/="):
        for case in cases:
            written.clear()
            call(case, token, written)
            requests.append(described(case, token, written[0]))
    json.dump(requests, sys.stdout, ensure_ascii=False)


def call(case, token, written):
    """Calls the operation as a user of the SDK would."""
    client_class, models = SERVICES[case["service"]]
    config = core_models.Config(
        access_key_id="sdkkey",
        access_key_secret="sdksecret",
        security_token=token,
        region_id=case.get("region", "cn-hangzhou"),
        endpoint=case.get("endpoint"),
    )
    client = client_class(config)
    function = named(client, case["operation"] + "WithOptions")
    arguments = {
        "request": lambda: request_of(models, case),
        "tmp_req": lambda: request_of(models, case),
        "runtime": lambda: util_models.RuntimeOptions(),
        "headers": dict,
        "cluster_id": lambda: case["cluster"],
    }
    wanted = inspect.signature(function).parameters
    try:
        function(**{name: arguments[name]() for name in wanted})
    except Exception as error:  # The SDK wraps what ended the call, and not always visibly.
        if not written:
            raise error


def request_of(models, case):
    """The request of a case. A switch is given as the API's word, because the Python SDK would write
    Python's: True. The SDKs in other languages and the API's metadata say true."""
    words = {True: "true", False: "false"}
    parameters = {
        name: words[value] if isinstance(value, bool) else value
        for name, value in case["parameters"].items()
    }
    return named(models, case["operation"] + "Request")().from_map(parameters)


def named(place, name):
    """The member of this name, whatever its letters and underscores."""
    plain = name.lower()
    for member in dir(place):
        if member.replace("_", "").lower() == plain:
            return getattr(place, member)
    raise LookupError(f"{place} has no {name}")


def described(case, token, request):
    """The request, and its canonical form over the headers that the documentation names."""
    body = request.body or ""
    if isinstance(body, bytes):
        body = body.decode("utf-8")
    # The SDK writes a blank of a form as a plus, and a plus as %2B; both spell the same form.
    body = body.replace("+", "%20")
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    signed = {
        name: UNIQUE.get(name, value)
        for name, value in headers.items()
        if (name.startswith("x-acs-") or name in ("host", "content-type")) and name not in OWN
    }
    digest = hashlib.sha256(body.encode("utf-8")).hexdigest()
    if "x-acs-content-sha256" in signed:
        signed["x-acs-content-sha256"] = digest
    query = core_utils.get_canonical_query_string(request.query)
    lines, names = core_utils.get_canonicalized_headers(signed)
    canonical = f"{request.method}\n{request.pathname}\n{query}\n{lines}\n{names}\n{digest}"
    return {
        "operation": case["operation"],
        "token": token is not None,
        "canonical": canonical,
        "query": {name: str(value) for name, value in (request.query or {}).items()},
        "accept": headers.get("accept"),
        "body": body,
    }


main()
