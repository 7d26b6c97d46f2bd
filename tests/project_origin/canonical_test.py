"""The golden bytes of the registry's contract are what Python's protobuf writes today."""

import shutil
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


def python_with(module):
    """An interpreter that has the module: ours, or Debian's, for which docker/install gets it."""
    for python in (sys.executable, "/usr/bin/python3"):
        if shutil.which(python) is None:
            continue
        tried = subprocess.run([python, "-c", f"import {module}"], check=False, capture_output=True)
        if tried.returncode == 0:
            return python
    return None


class Canonical(unittest.TestCase):
    def test_python_writes_the_golden_bytes(self):
        python = python_with("google.protobuf")
        if python is None or shutil.which("protoc") is None:
            self.skipTest("Python's protobuf or protoc is not installed: run docker/install")
        done = subprocess.run([python, "-B", HERE / "canonical.py", "--check"], check=False,
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
