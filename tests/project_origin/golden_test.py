"""The golden files of the registry's contract are what Python makes of it today."""

import shutil
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


def python_with(*modules):
    """An interpreter that has them: ours, or Debian's, for which docker/install gets them."""
    for python in (sys.executable, "/usr/bin/python3"):
        if shutil.which(python) is None:
            continue
        tried = subprocess.run([python, "-c", f"import {', '.join(modules)}"], check=False,
                               capture_output=True)
        if tried.returncode == 0:
            return python
    return None


class Golden(unittest.TestCase):
    def expect_unchanged(self, script, *modules):
        python = python_with(*modules)
        if python is None or shutil.which("protoc") is None:
            self.skipTest(f"protoc, or for Python {' or '.join(modules)}, is not installed: "
                          "run docker/install")
        done = subprocess.run([python, "-B", HERE / script, "--check"], check=False,
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_messages(self):
        self.expect_unchanged("canonical.py", "google.protobuf")

    def test_transactions(self):
        self.expect_unchanged("transactions.py", "google.protobuf", "cryptography")


if __name__ == "__main__":
    unittest.main()
