"""Prints the fenced block of README.md that stands behind <!-- test: NAME -->: readme.py NAME."""

import re
import sys

BLOCK = rf"^<!-- test: {sys.argv[1]} -->\n```\w+\n(.*?)^```$"
with open("README.md", encoding="utf-8") as file:
    FOUND = re.findall(BLOCK, file.read(), re.MULTILINE | re.DOTALL)
if len(FOUND) != 1:
    sys.exit(f"README.md has {len(FOUND)} blocks for the test {sys.argv[1]}")
print(FOUND[0], end="")
