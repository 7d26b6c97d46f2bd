"""One source per namespace: the descriptors that the codecs walk."""

import names
from emit_structs import MARK, c_type
from model import Enum


def c_string(text):
    """A C string literal of any text; what is not printable ASCII is written in octal."""
    out = []
    for byte in text.encode("utf-8") if isinstance(text, str) else text:
        if byte in b'"\\':
            out.append("\\" + chr(byte))
        elif byte == 0x0A:
            out.append("\\n")
        elif 0x20 <= byte < 0x7F and byte != ord("?"):
            out.append(chr(byte))
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def _bytes_literal(data):
    return ", ".join(f"0x{byte:02x}" for byte in data)


def _enum(type_):
    name = names.c_name(type_.name)
    symbols = [f'    "{symbol}",' for symbol in type_.symbols]
    aliases = [f"    .aliases = {name}_aliases,"] if type_.aliases else []
    return [
        *_aliases(f"{name}_aliases", type_.aliases),
        f"static const char *const {name}_symbols[] = {{",
        *symbols,
        "    NULL,",
        "};",
        "",
        f"const struct enum_descriptor {name}_descriptor = {{",
        f'    .full_name = "{type_.name}",',
        *aliases,
        f"    .symbols = {name}_symbols,",
        f"    .symbols_count = {len(type_.symbols)},",
        "};",
        "",
    ]


def _type(type_, size, item):
    parts = [f".kind = TYPE_{type_.kind}"]
    if type_.nullable:
        parts.append(".nullable = true")
    parts.append(f".size = {size}")
    if type_.length_max:
        parts.append(f".length_max = {type_.length_max}")
    if type_.kind == "RECORD":
        parts.append(f".record = &{names.c_name(type_.name)}_descriptor")
    if type_.kind == "ENUM":
        parts.append(f".symbols = &{names.c_name(type_.name)}_descriptor")
    if item:
        parts.append(f".item = &{item}")
    return "{" + ", ".join(parts) + "}"


def _aliases(label, aliases):
    if not aliases:
        return []
    quoted = ", ".join(f'"{alias}"' for alias in aliases)
    return [f"static const char *const {label}[] = {{{quoted}, NULL}};"]


def _field_parts(record, field):
    """The static objects that a field's descriptor points to, and the descriptor's own lines."""
    name = names.c_field(field.name)
    label = f"{record}_{name}"
    type_ = field.type
    before = _aliases(f"{label}_aliases", field.aliases)
    item = None
    if type_.kind == "ARRAY":
        item = f"{label}_item"
        described = _type(type_.item, f"sizeof({c_type(type_.item)})", None)
        before.append(f"static const struct type_descriptor {item} = {described};")
    if field.default is not None:
        values = _bytes_literal(field.default)
        before.append(f"static const uint8_t {label}_default[] = {{{values}}};")
    size = f"sizeof(((struct {record} *)0)->{name})"
    lines = [
        f'        .name = "{field.name}",',
        f"        .type = {_type(type_, size, item)},",
        f"        .offset = offsetof(struct {record}, {name}),",
    ]
    if type_.nullable and type_.kind != "RECORD":
        lines.append(f"        .presence_offset = offsetof(struct {record}, has_{name}),")
    if type_.kind == "ARRAY":
        lines.append(f"        .count_offset = offsetof(struct {record}, {name}_count),")
    if field.aliases:
        lines.append(f"        .aliases = {label}_aliases,")
    if field.default is not None:
        lines.append("        .has_default = true,")
        lines.append(f"        .default_avro = {{{label}_default, sizeof {label}_default}},")
    return before, ["    {", *lines, "    },"]


def _record(type_):
    name = names.c_name(type_.name)
    before = _aliases(f"{name}_aliases", type_.aliases)
    fields = []
    for field in type_.fields:
        objects, lines = _field_parts(name, field)
        before += objects
        fields += lines
    if before:
        before.append("")
    aliases = [f"    .aliases = {name}_aliases,"] if type_.aliases else []
    order = sorted(range(len(type_.fields)), key=lambda i: type_.fields[i].name.encode())
    by_name = ", ".join(str(i) for i in order)
    return [
        *before,
        f"static const struct field_descriptor {name}_fields[] = {{",
        *fields,
        "};",
        "",
        f"static const uint32_t {name}_by_name[] = {{{by_name}}};",
        "",
        f"const struct record_descriptor {name}_descriptor = {{",
        f'    .full_name = "{type_.name}",',
        *aliases,
        f"    .fields = {name}_fields,",
        f"    .by_name = {name}_by_name,",
        f"    .fields_count = {len(type_.fields)},",
        f"    .size = sizeof(struct {name}),",
        "};",
        "",
    ]


def descriptors_source(namespace, types, include_prefix):
    """The text of `<namespace>.c`."""
    stem = names.file_stem(namespace)
    lines = [
        f"/* The descriptors of `{namespace}`.",
        f" * {MARK} */",
        f'#include "{include_prefix}{stem}.h"',
        "",
        "#include <stddef.h>",
        "",
        '#include "wire/descriptor.h"',
        "",
    ]
    for type_ in types:
        lines += _enum(type_) if isinstance(type_, Enum) else _record(type_)
    return "\n".join(lines)
