"""What the local stack's user guest may do, for what has a name that begins with the flow's prefix:

    rights.py grant|revoke TYPE OPERATION [NAME]
    rights.py roles ROLE...

TYPE is topic, group or transactional_id, OPERATION as Kafka calls it (describe_configs). With NAME
it is about that one alone, its name without the prefix. `roles` takes all rights away and grants
what `millrace topics plan --rights -o json` on standard input lists for these roles.
"""

import json
import sys

import flow
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

RESOURCES = {"Topic": "TOPIC", "Group": "GROUP", "TransactionalId": "TRANSACTIONAL_ID"}


def of_guest(acl, resource, name, pattern, operation):
    return acl(
        ResourceType[resource],
        name,
        ResourcePatternType[pattern],
        "User:guest",
        "*",
        AclOperation[operation.upper()],
        AclPermissionType.ALLOW,
    )


def wait_for(changes):
    for change in changes.values():
        change.result(timeout=flow.ANSWER_S)


def change_one(verb, kind, operation, name=None):
    # An application is named like the prefix, without the dot at its end.
    full_name = flow.PREFIX.rstrip(".") if name is None else flow.PREFIX + name
    pattern = "PREFIXED" if name is None else "LITERAL"
    client = flow.admin()
    if verb == "grant":
        right = of_guest(AclBinding, kind.upper(), full_name, pattern, operation)
        wait_for(client.create_acls([right]))
    else:
        right = of_guest(AclBindingFilter, kind.upper(), full_name, pattern, operation)
        wait_for(client.delete_acls([right]))


def grant_roles(roles):
    client = flow.admin()
    everything = of_guest(AclBindingFilter, "ANY", None, "ANY", "any")
    wait_for(client.delete_acls([everything]))
    rows = [row for row in json.load(sys.stdin) if row["role"] in roles]
    flow.expect({row["role"] for row in rows} == set(roles), f"rights of all of {roles}")
    rights = {(row["resource"], row["name"], row["pattern"], row["operation"]) for row in rows}
    wait_for(client.create_acls([
        of_guest(AclBinding, RESOURCES[resource], name, pattern.upper(), operation)
        for resource, name, pattern, operation in rights
    ]))


if sys.argv[1] == "roles":
    grant_roles(sys.argv[2:])
else:
    change_one(*sys.argv[1:])
