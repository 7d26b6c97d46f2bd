"""The one table of message types: name, topic, descriptor and the schema's text, byte for byte."""

import names
from emit_descriptors import c_string
from emit_structs import MARK


def _constant(message):
    return f"MESSAGE_{names.c_name(message.name)}".upper()


def table_header(messages):
    members = [f"    {_constant(message)}," for message in messages]
    members[0] = members[0][:-1] + " = 0,"
    return "\n".join(
        [
            "/* The one table of message types.",
            f" * {MARK} */",
            "#ifndef MILLRACE_GENERATED_MESSAGE_TYPES_H",
            "#define MILLRACE_GENERATED_MESSAGE_TYPES_H",
            "",
            "#include <stdbool.h>",
            "#include <stdint.h>",
            "",
            "struct record_descriptor;",
            "",
            "/* Every message type, in the order of full names; the index into `message_types`. */",
            "enum message_type {",
            *members,
            "};",
            "",
            f"enum {{ MESSAGE_TYPES_COUNT = {len(messages)} }};",
            "",
            "struct message_type_entry {",
            "    const char *full_name; /* also the subject at the schema registry */",
            "    const char *topic;     /* the namespace: without the deployment's prefix */",
            "    const struct record_descriptor *record;",
            "    const char *schema;     /* the bytes of the .avsc file, NUL-terminated */",
            "    uint32_t schema_length; /* bytes, without the NUL */",
            "    bool has_metadata;      /* the struct begins with struct millrace_metadata */",
            "};",
            "",
            "extern const struct message_type_entry message_types[MESSAGE_TYPES_COUNT];",
            "",
            "#endif",
            "",
        ]
    )


def table_source(messages, types):
    namespaces = sorted({names.namespace_of(message.name) for message in messages})
    lines = [
        "/* The one table of message types.",
        f" * {MARK} */",
        '#include "generated/c/message_types.h"',
        "",
        *[f'#include "generated/c/{names.file_stem(space)}.h"' for space in namespaces],
        "",
    ]
    for message in messages:
        lines.append(f"static const char {names.c_name(message.name)}_schema[] =")
        rows = message.text.splitlines(keepends=True)
        lines += [f"    {c_string(row)}" for row in rows]
        lines[-1] += ";"
        lines.append("")
    lines.append("const struct message_type_entry message_types[MESSAGE_TYPES_COUNT] = {")
    for message in messages:
        name = names.c_name(message.name)
        first = types[message.name].fields[0].type
        has_metadata = "true" if first.name == "millrace.Metadata" else "false"
        lines += [
            f"    [{_constant(message)}] = {{",
            f'        .full_name = "{message.name}",',
            f'        .topic = "{names.namespace_of(message.name)}",',
            f"        .record = &{name}_descriptor,",
            f"        .schema = {name}_schema,",
            f"        .schema_length = sizeof {name}_schema - 1,",
            f"        .has_metadata = {has_metadata},",
            "    },",
        ]
    return "\n".join([*lines, "};", ""])
