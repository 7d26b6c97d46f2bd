"""Holds what happened against what must hold after any crash: check.py SENT LEDGER.

Once everything is settled. It reads the topics and the registry's ledger by itself; `millrace
verify` is asked beside it.
"""

import collections
import json
import sys

import flow

EFFECTS = {"CertificateIssued", "CertificateSliced", "SliceTransferred", "CommandRejected"}
breaches = []


def hold(condition, text):
    if not condition:
        breaches.append(text)


def messages(schemas, topic):
    for record in flow.read(topic):
        full_name, message = schemas.decode(record.value)
        yield record, full_name.rsplit(".", 1)[1], message


def by_submission(ledger):
    """{submission: {"request": [line], "execution": [line], "refusal": [line]}}"""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in ledger:
        found[line["submissionId"]][line["what"]].append(line)
    return found


class Witness:
    """registry.events, by submission."""

    def __init__(self, schemas):
        self.intents = collections.defaultdict(list)
        self.outcomes = collections.defaultdict(list)
        self.not_sent = set()
        self.unknown = set()
        self.not_executed = set()  # certificates of which a submission was resolved so
        for record, kind, event in messages(schemas, "registry.events"):
            submission = str(event.get("submissionId"))
            if kind == "SubmissionIntended":
                self.intents[submission].append((record.time_ms, event))
            elif kind == "SubmissionNotSent":
                self.not_sent.add((submission, event["attempt"]))
            elif kind == "SubmissionUnknown":
                self.unknown.add(submission)
            elif kind in ("SubmissionSucceeded", "SubmissionRefused", "SubmissionResolved"):
                executed = kind == "SubmissionSucceeded" or event.get("executed", False)
                self.outcomes[submission].append(executed)
                if kind == "SubmissionResolved" and not executed:
                    self.not_executed.add(str(event["certificateId"]))


def check_registry(witness, ledger):
    for submission, lines in ledger.items():
        requests, executions = lines["request"], lines["execution"]
        # What was declared unprocessed was no request.
        asked = len(requests) == 1 or (not requests and lines["unprocessed"])
        hold(asked, f"{submission}: {len(requests)} requests at the registry")
        hold(len(executions) <= 1, f"{submission}: executed {len(executions)} times")
        for request in requests:
            # Where nothing on the wire says which attempt it is, it must be the last one before it.
            earlier = [
                intent["attempt"]
                for time_ms, intent in witness.intents[submission]
                if time_ms <= request["atMs"]
                and intent["transactionId"] == request["transactionId"]
                and request["attempt"] in ("", str(intent["attempt"]))
            ]
            hold(
                earlier and (len(earlier) == 1 or not request["attempt"]),
                f"{submission}: {len(earlier)} committed intents before it",
            )
            not_sent = earlier and (submission, max(earlier)) in witness.not_sent
            hold(not not_sent, f"{submission}: sent after NotSent")
    for submission, outcomes in witness.outcomes.items():
        executed = len(ledger[submission]["execution"]) == 1
        hold(outcomes == [executed], f"{submission}: {outcomes}, and executed is {executed}")
    open_ones = set(witness.intents) - set(witness.outcomes)
    hold(not open_ones, f"{len(open_ones)} submissions never ended, such as {list(open_ones)[:1]}")


def check_answers(schemas, sent, witness):
    """One final answer a command; the expected one where no operator had to say otherwise."""
    final = collections.defaultdict(list)
    for _, _, answer in messages(schemas, "certificates.answers"):
        if answer["verdict"] != "Unknown":
            final[str(answer["certificateId"]), str(answer["commandId"])].append(answer)
    counts = collections.Counter()
    for certificate, story in sent.items():
        for command, verdict in story:
            found = final.pop((certificate, command), [])
            different = [answer for answer in found if answer != found[0]]
            hold(found and not different, f"command {command} has {len(found)} answers")
            if found:
                counts[found[0]["verdict"]] += 1
                same = certificate in witness.not_executed or found[0]["verdict"] == verdict
                hold(same, f"command {command}: {found[0]['verdict']} {found[0]['reason']}")
    hold(not final, f"{len(final)} answers to commands that nobody sent")
    return counts


def check_events(schemas, sent):
    versions = collections.Counter()
    effects = collections.Counter()
    for _, kind, event in messages(schemas, "certificates.events"):
        certificate = str(event["certificateId"])
        if kind != "CommandRejected":
            versions[certificate] += 1
        hold(event["version"] == versions[certificate], f"{certificate}: a gap in its versions")
        if kind in EFFECTS:
            effects[certificate, str(event["commandId"])] += 1
    commands = {(certificate, command) for certificate in sent for command, _ in sent[certificate]}
    hold(set(effects) == commands, "some command has no effect, or some effect no command")
    twice = [command for command, count in effects.items() if count > 1]
    hold(not twice, f"{len(twice)} commands have two effects, such as {twice[:1]}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        sent = json.load(file)
    schemas = flow.Schemas()
    witness = Witness(schemas)
    ledger = by_submission(flow.ledger(sys.argv[2]))
    check_registry(witness, ledger)
    counts = check_answers(schemas, sent, witness)
    check_events(schemas, sent)
    for breach in breaches[:20]:
        print(breach, file=sys.stderr)
    flow.expect(not breaches, f"{len(breaches)} breaches")
    requests = sum(len(lines["request"]) for lines in ledger.values())
    intents = sum(len(found) for found in witness.intents.values())
    print(
        f"{counts['Applied']} applied, {counts['Rejected']} refused; {intents} intents, "
        f"{requests} requests at the registry, {len(witness.not_sent)} not sent, "
        f"{len(witness.unknown)} unknown"
    )


if __name__ == "__main__":
    main()
