"""The registry's contract for Python: made from schemas/project_origin at each run, by the protoc
of grpcio-tools; nothing generated is kept, so there is no copy that could fall behind.

A second copy of the .proto files would be the same bytes, or wrong. What is independent here is all
that is made of them: another compiler, another runtime (upb), Google's own timestamp.proto in place
of ours, another gRPC. And that the files themselves say what the registry's contract says: the
shapes of wire.py are written down from its public sources, by hand, and held against them.
"""

import sys
import tempfile
from pathlib import Path

import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[3]
PROTOS = ROOT / "schemas" / "project_origin"
PACKAGE = "project_origin."
SERVICE = "project_origin.registry.v1.RegistryService"


def descriptors():
    """The pool of all files."""
    google = Path(grpc_tools.__file__).parent / "_proto"
    names = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto")
                   if "google" not in path.parts)
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "set"
        if protoc.main(["protoc", f"-I{google}", f"-I{PROTOS}", f"--descriptor_set_out={out}",
                        "--include_imports", *names]) != 0:
            sys.exit("the contract cannot be compiled")
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file
    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.Add(file)
    return pool, [file.name for file in files]


POOL, FILES = descriptors()


def message(name):
    """The class of a message, by its name without `project_origin.`."""
    return message_factory.GetMessageClass(POOL.FindMessageTypeByName(PACKAGE + name))


def registry(name):
    return message(f"registry.v1.{name}")


def event(name):
    return message(f"electricity.v1.{name}")


def methods():
    """Name -> (path, class of the request, class of the reply)."""
    service = POOL.FindServiceByName(SERVICE)
    return {method.name: (f"/{SERVICE}/{method.name}",
                          message_factory.GetMessageClass(method.input_type),
                          message_factory.GetMessageClass(method.output_type))
            for method in service.methods}  # fmt: skip


def fill(target, value):
    """Set the fields of a message as JSON says: bytes in hex, enums by number."""
    for name, given in value.items():
        field = target.DESCRIPTOR.fields_by_name[name]
        if field.type == Field.TYPE_MESSAGE and field.is_repeated:
            for item in given:
                fill(getattr(target, name).add(), item)
        elif field.type == Field.TYPE_MESSAGE:
            getattr(target, name).SetInParent()
            fill(getattr(target, name), given)
        elif field.type == Field.TYPE_BYTES:
            setattr(target, name, bytes.fromhex(given))
        else:
            setattr(target, name, given)
    return target


def value(source):
    """The other way: what is set, as `fill` takes it."""
    out = {}
    for field, given in source.ListFields():
        if field.type == Field.TYPE_MESSAGE:
            out[field.name] = ([value(item) for item in given] if field.is_repeated
                               else value(given))
        elif field.type == Field.TYPE_BYTES:
            out[field.name] = given.hex()
        else:
            out[field.name] = given
    return out
