#!/usr/bin/env python3
"""Writes models.json: what the official SDK sends and reads, for the operations that matter here.

usage: pip download --no-deps --dest DIR alibabacloud_servicemesh20200111==3.4.0
       ./extract.py DIR/alibabacloud_servicemesh20200111-3.4.0-py3-none-any.whl > models.json

The package is read, never imported. Of each operation the file says the HTTP method, the
parameters in the query and in the form body, and the fields of a successful answer. A type is
"str", "int", "float", "bool" or "any"; [type] is a list, {"*": type} a map, {name: type} an object.
"""

import ast
import json
import sys
import zipfile

OPERATIONS = [
    "DescribeCCMVersion",
    "DescribeClustersInServiceMesh",
    "DescribeGuestClusterNamespaces",
    "DescribeGuestClusterPods",
    "DescribeMetadata",
    "DescribeServiceMeshAdditionalStatus",
    "DescribeServiceMeshDetail",
    "DescribeServiceMeshKubeconfig",
    "DescribeServiceMeshLogs",
    "DescribeServiceMeshProxyStatus",
    "DescribeServiceMeshUpgradeStatus",
    "DescribeServiceMeshes",
    "DescribeUpgradeVersion",
    "DescribeUserPermissions",
    "DescribeVersions",
    "ModifyServiceMeshName",
    "UpdateASMGateway",
    "UpdateASMNamespaceFromGuestCluster",
    "UpdateIstioInjectionConfig",
    "UpgradeMeshEditionPartially",
    "UpgradeMeshVersion",
]
PACKAGE = "alibabacloud_servicemesh20200111"


def classes(source):
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}


def method(owner, name):
    return next(node for node in owner.body if isinstance(node, ast.FunctionDef) and node.name == name)


def wire_names(owner):
    """Attribute to its name in JSON, by the keys that from_map reads."""
    names = {}
    for node in ast.walk(method(owner, "from_map")):
        if not isinstance(node, ast.If):
            continue
        key = next(
            call.args[0].value
            for call in ast.walk(node.test)
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "get"
        )
        for part in ast.walk(ast.Module(body=node.body, type_ignores=[])):
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "self":
                names.setdefault(part.attr, key)
    return names


def shape(models, kind):
    if isinstance(kind, ast.Subscript):
        if kind.value.id == "List":
            return [shape(models, kind.slice)]
        return {"*": shape(models, kind.slice.elts[1])}
    if kind.id in models:
        return fields(models, models[kind.id])
    return "any" if kind.id == "Any" else kind.id


def fields(models, owner):
    arguments = method(owner, "__init__").args.args[1:]
    names = wire_names(owner)
    return {names[argument.arg]: shape(models, argument.annotation) for argument in arguments}


def request(models, client, operation):
    """HTTP method, and parameters by their place, as the client's own function fills them in."""
    for node in client.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        text = ast.unparse(node)
        if f"action='{operation}'" not in text:
            continue
        places = {"query": [], "body": []}
        verb = None
        for part in ast.walk(node):
            if (
                isinstance(part, ast.Subscript)
                and isinstance(part.ctx, ast.Store)
                and getattr(part.value, "id", "") in places
            ):
                places[part.value.id].append(part.slice.value)
            if isinstance(part, ast.keyword) and part.arg == "method":
                verb = part.value.value
        if "UtilClient.to_map(request)" in text:
            places["query"] = list(wire_names(models[f"{operation}Request"]).values())
        return {"method": verb, **places}
    raise SystemExit(f"no function sends {operation}")


def main():
    wheel = zipfile.ZipFile(sys.argv[1])
    read = lambda name: wheel.read(f"{PACKAGE}/{name}.py").decode()
    models, client = classes(read("models")), classes(read("client"))["Client"]
    version = next(name for name in wheel.namelist() if name.endswith("/METADATA")).split("/")[0]
    operations = {
        name: {**request(models, client, name), "answer": fields(models, models[f"{name}ResponseBody"])}
        for name in OPERATIONS
    }
    package = version.removesuffix(".dist-info")
    json.dump({"package": package, "operations": operations}, sys.stdout, indent=1)
    print()


main()
