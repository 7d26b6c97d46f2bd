"""Avro names to C names: dots become underscores, CamelCase becomes snake_case."""

import re

C_WORDS = frozenset(
    """auto bool break case char const continue default do double else enum extern false float for
    goto if inline int long register restrict return short signed sizeof static struct switch true
    typedef union unsigned void volatile while""".split()
)


def snake(name):
    """`submissionId` -> `submission_id`, `IssueCertificate` -> `issue_certificate`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    spaced = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])", "_", spaced)
    return spaced.lower()


def c_name(full_name):
    """`certificates.commands.TransferSlice` -> `certificates_commands_transfer_slice`."""
    return "_".join(snake(part) for part in full_name.split("."))


def c_field(name):
    field = snake(name)
    if field in C_WORDS:
        raise ValueError(f"field '{name}' is a word of C; choose another name")
    return field


def c_constant(full_name, symbol):
    """`millrace.CertificateType`, `Production` -> `MILLRACE_CERTIFICATE_TYPE_PRODUCTION`."""
    return f"{c_name(full_name)}_{snake(symbol)}".upper()


def namespace_of(full_name):
    return full_name.rpartition(".")[0]


def file_stem(namespace):
    return namespace.replace(".", "_")
