"""Every planted bug still applies to the sources as they are: what became of it is what
`make mutants` tells, and whoever changes such a line makes the patch anew with the change."""

import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class PlantedBugs(unittest.TestCase):
    def test_apply(self):
        patches = sorted((ROOT / "tests" / "mutants").glob("*.patch"))
        self.assertTrue(patches)
        for patch in patches:
            with self.subTest(patch.name):
                tried = subprocess.run(["git", "apply", "--check", str(patch)], cwd=ROOT,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       text=True, check=False)
                self.assertEqual(tried.returncode, 0, tried.stdout)


if __name__ == "__main__":
    unittest.main()
