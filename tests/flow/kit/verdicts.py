"""What an operator finds out about unknown outcomes: verdicts.py LEDGER < `unknown ls -o json`.

Looks into the registry's own ledger, and prints a ResolveSubmission for each, one JSON a line.
"""

import json
import sys

import flow

EXECUTED = {
    line["submissionId"] for line in flow.ledger(sys.argv[1]) if line["what"] == "execution"
}
for unknown in json.load(sys.stdin):
    executed = unknown["submissionId"] in EXECUTED
    print(
        json.dumps(
            {
                "type": "registry.operations.ResolveSubmission",
                "submissionId": unknown["submissionId"],
                "certificateId": unknown["certificateId"],
                "executed": executed,
                "evidence": "the ledger " + ("lists it" if executed else "does not have it"),
                "operator": "flow",
                "closingRule": "None" if executed else "WriterDead",
            }
        )
    )
