"""What became of the calls that were under way when a connector was told to end: ended.py LEDGER
TOLD_MS, asked after its end, and before there is another.
"""

import json
import sys

import check
import flow

LEDGER = check.by_submission(flow.ledger(sys.argv[1]))
TOLD_MS = int(sys.argv[2])


def main():
    schemas = flow.Schemas()
    opened, not_sent, answered = {}, 0, 0
    for record, kind, event in check.messages(schemas, "registry.events"):
        submission = str(event["submissionId"])
        if kind == "SubmissionIntended":
            opened[submission] = event
            continue
        opened.pop(submission, None)
        not_sent += kind == "SubmissionNotSent" and event["cause"] == "ShuttingDown"
        answered += kind != "SubmissionNotSent" and record.time_ms >= TOLD_MS
    evidence = {
        str(found["submissionId"]): found["executed"]
        for _, _, found in check.messages(schemas, "registry.evidence")
        if str(found["submissionId"]) in opened
    }
    for submission in opened:
        flow.expect(LEDGER[submission]["request"], f"{submission} was not sent, and nobody says so")
    for submission, executed in evidence.items():
        known = bool(LEDGER[submission]["execution"])
        flow.expect(known == executed, f"{submission}: the late evidence is wrong")
    counts = {
        "intents": len(opened) + not_sent + answered,
        "notSent": not_sent,
        "answered": answered,
        "evidence": len(evidence),
        "left": len(opened) - len(evidence),
    }
    print(json.dumps(counts))
    # How much of each depends on how busy the machine is.
    flow.expect(counts["answered"] > 0, f"nothing was settled in the drain: {counts}")
    flow.expect(counts["evidence"] + counts["left"] > 0, f"nothing outlived the drain: {counts}")


main()
