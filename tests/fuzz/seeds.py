#!/usr/bin/env python3
"""Write the seeds of the fuzz targets. They are made of the golden messages and of the resolution
vectors, which need not be committed twice; what fuzzing found is in tests/fuzz/found/.

    seeds.py DIRECTORY
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "schemas" / "golden"


def message_names():
    """In the order of the table of types, which is that of the names."""
    context = ("certificates", "registry", "claims")
    names = {path.stem for root in context for path in GOLDEN.glob(f"{root}.*.json")}
    return sorted(name for name in names if not name.rpartition(".")[2].isdigit())


def seeds():
    for index, name in enumerate(message_names()):
        avro = bytes.fromhex((GOLDEN / f"{name}.hex").read_text())
        text = (GOLDEN / f"{name}.json").read_bytes()
        yield "decode", name, bytes([index]) + avro
        yield "envelope", name, bytes([index]) + b"\x00" + (index + 1).to_bytes(4, "big") + avro
        yield "json", name, bytes([index, 0]) + text
        for field, value in json.loads(text).items():
            argument = f"{field}={value if isinstance(value, str) else json.dumps(value)}"
            yield "json", f"{name}.{field}", bytes([index, 1]) + argument.encode()
        if name.startswith(("certificates.state.", "certificates.answers.")):
            yield "state", name, bytes([name.startswith("certificates.answers.")]) + avro
        if name.startswith("certificates.commands."):
            context, kind, record = name.split(".")
            schema = json.loads((ROOT / f"schemas/{context}/{kind}/{record}.avsc").read_text())
            yield "schema", name, json.dumps(schema).encode() + b"\x00" + avro
    vectors = json.loads((ROOT / "tests/unit/vectors/resolution.json").read_text())
    for index, vector in enumerate(vectors):
        schema = json.dumps(vector["writer"], ensure_ascii=False).encode()
        yield "plan", str(index), schema + b"\x00" + bytes.fromhex(vector["avro"])


def main():
    for target, name, data in seeds():
        path = Path(sys.argv[1]) / target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
