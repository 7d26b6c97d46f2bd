"""How a frozen message may change: it grows, and each side goes on reading the other's bytes.

Stricter than FULL_TRANSITIVE, which servers check: a dropped enum default, field default or
logicalType passes there and changes what readers see.
"""

import json_form


def essence(schema, types=None):
    """What a schema means: its words for people left out, each use of a type written out."""
    types = json_form.named_types(schema) if types is None else types
    if isinstance(schema, list):
        return [essence(branch, types) for branch in schema]
    schema = _without_doc(json_form.resolved(schema, types))
    if "fields" in schema:
        schema["fields"] = [
            {**_without_doc(field), "type": essence(field["type"], types)}
            for field in schema["fields"]
        ]
    if "items" in schema:
        schema["items"] = essence(schema["items"], types)
    return schema


def _without_doc(item):
    return {key: value for key, value in item.items() if key != "doc"}


def growth_errors(old, new, place="message"):
    """What in `new` is not mere growth of `old`, one sentence each; both by `essence`."""
    if isinstance(old, list) != isinstance(new, list):
        return [f"{place}: what may be null is so from the start, and for good"]
    if isinstance(old, list):
        if len(old) != len(new):
            return [f"{place}: a union changed its branches"]
        return [e for o, n in zip(old, new) for e in growth_errors(o, n, place)]
    errors = _fixed_parts(old, new, place)
    if old["type"] != new["type"]:
        return errors
    if old["type"] == "enum":
        if new["symbols"][: len(old["symbols"])] != old["symbols"]:
            errors.append(f"{place}: symbols are only ever added at the end")
    elif old["type"] == "record":
        errors += _fields(old, new, place)
    elif old["type"] == "array":
        errors += growth_errors(old["items"], new["items"], place)
    return errors


def _fixed_parts(old, new, place):
    """All of a type but its fields, symbols and items must stay; bounds may widen."""
    errors = []
    for key in sorted((set(old) | set(new)) - {"fields", "symbols", "items"}):
        before, after = old.get(key), new.get(key)
        widened = key.startswith("millrace.max") and before and after and after >= before
        if before != after and not widened:
            errors.append(f"{place}: {key} was {before!r}, is {after!r}")
    return errors


def _fields(old, new, place):
    errors = []
    after = {field["name"]: field for field in new["fields"]}
    for field in old["fields"]:
        name = field["name"]
        if name not in after:
            errors.append(f"{place}.{name}: is gone")
            continue
        grown = after.pop(name)
        rest, grown_rest = ({k: v for k, v in f.items() if k != "type"} for f in (field, grown))
        if rest != grown_rest:
            errors.append(f"{place}.{name}: was {rest}, is {grown_rest}")
        errors += growth_errors(field["type"], grown["type"], f"{place}.{name}")
    errors += [
        f"{place}.{name}: is new, so needs a default"
        for name, field in after.items()
        if "default" not in field
    ]
    return errors
