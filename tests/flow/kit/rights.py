"""What the local stack's user guest may do, for what has a name that begins with the flow's prefix:

    rights.py grant|revoke TYPE OPERATION [NAME]

TYPE is topic, group or transactional_id, OPERATION as Kafka calls it (describe_configs). With NAME
it is about that one alone, its name without the prefix.
"""

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


def main(verb, kind, operation, name=None):
    pattern = ResourcePatternType.PREFIXED if name is None else ResourcePatternType.LITERAL
    # An application is named like the prefix, without the dot at its end.
    full_name = flow.PREFIX.rstrip(".") if name is None else flow.PREFIX + name
    acl = AclBinding if verb == "grant" else AclBindingFilter
    right = acl(
        ResourceType[kind.upper()],
        full_name,
        pattern,
        "User:guest",
        "*",
        AclOperation[operation.upper()],
        AclPermissionType.ALLOW,
    )
    client = flow.admin()
    changes = client.create_acls([right]) if verb == "grant" else client.delete_acls([right])
    for change in changes.values():
        change.result(timeout=flow.ANSWER_S)


main(*sys.argv[1:])
