#!/usr/bin/env python3
"""Write schemas/generated/project_origin from schemas/project_origin/**/*.proto, by protoc-c.

The output is committed, so that building needs no protoc-c. What did not change is not touched.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from generate import SCHEMAS, write

SOURCES = SCHEMAS / "project_origin"
OUT = SCHEMAS / "generated" / "project_origin"


def generated(directory):
    """File name -> text, of one directory below the one that protoc-c wrote to."""
    return {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.[ch]")}


def main():
    if shutil.which("protoc-c") is None:
        print("project_origin: protoc-c is not installed, so nobody can say whether "
              f"{OUT.relative_to(SCHEMAS.parent)} is up to date: run docker/install",
              file=sys.stderr)
        return 1
    names = sorted(str(path.relative_to(SOURCES)) for path in SOURCES.rglob("*.proto"))
    with tempfile.TemporaryDirectory() as made:
        done = subprocess.run(["protoc-c", f"--proto_path={SOURCES}", f"--c_out={made}", *names],
                              check=False)
        if done.returncode != 0:
            return 1
        for name in sorted({str(Path(name).parent) for name in names}):
            write(OUT / name, generated(Path(made) / name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
