"""Sends every malformed record, and holds the dead letters against what they are to be.

    bad_input.py CERTIFICATE LIES LOG

All lie before the next command of the certificate, in its own partition and in those where only a
mistake puts it. Good commands about whose schemas the schema registry lies (LIES) come with them.
"""

import sys

import flow
import lied_about
import malformed

SHOWN_HEADERS_MAX = 32
CUT_BYTES = 65536


def send(cases, certificate):
    """Notes in each case where it lies."""
    producer = flow.producer()
    compressing = flow.producer(compressed=True)

    def delivered(case):
        def note(error, message):
            flow.expect(error is None, f"{case.name}: not delivered: {error}")
            case.place = (case.topic, message.partition(), message.offset())

        return note

    for case in cases:
        key = certificate.encode() if case.key is None else case.key or None
        partition = case.partition
        if partition is None:
            partition = flow.murmur2_partition(key)
        case.sent_key = key
        (compressing if case.cut else producer).produce(
            flow.PREFIX + case.topic,
            key=key,
            value=case.value,
            headers=case.headers,
            partition=partition,
            on_delivery=delivered(case),
        )
        producer.poll(0)
    left = producer.flush(30) + compressing.flush(30)
    flow.expect(left == 0, "Kafka did not take the records")


def letters():
    """The dead letters, by where the record lay."""
    found = {}
    for record in flow.read("dead-letters"):
        place = (
            record.header("__streams.errors.topic"),
            int(record.header("__streams.errors.partition")),
            int(record.header("__streams.errors.offset")),
        )
        flow.expect(place not in found, f"two dead letters of {place}")
        found[place] = record
    return found


def compare(case, letter):
    """How many mistakes the letter has; each is told."""
    mistakes = 0

    def same(what, expected, found):
        nonlocal mistakes
        if expected != found:
            mistakes += 1
            print(f"{case.name}: {what} is {found!r:.200}, not {expected!r:.200}", file=sys.stderr)

    same("reason", case.reason, letter.header("millrace.reason"))
    same("exception", case.reason, letter.header("__streams.errors.exception"))
    same("key", case.sent_key, letter.key)
    same("value", case.value[:CUT_BYTES] if case.cut else case.value, letter.value)
    same("cut", str(len(case.value)) if case.cut else None, letter.header("millrace.cut"))
    same("command id", case.command, letter.header("millrace.commandid"))
    if case.field is not None:
        same("field", case.field, letter.header("millrace.field"))
    processor = "registry-connector" if case.topic.startswith("registry") else "certificates"
    application = flow.PREFIX.rstrip(".") + "." + processor
    same("application", application, letter.header("millrace.application"))
    message = letter.header("__streams.errors.message")
    same("message", True, bool(message) and case.says in message)
    kept = [header for header in letter.headers if header[0] in ("n", "__value_schema_id")]
    same("headers of its own", case.headers[:SHOWN_HEADERS_MAX], kept)
    return mistakes


def main():
    certificate, lies_path, log_path = sys.argv[1:]
    schemas = flow.Schemas()
    good = lied_about.Commands(schemas, lies_path)
    cases = malformed.all_cases(schemas, certificate)
    cases += malformed.lied_about(schemas, certificate, good.ids)
    send(cases, certificate)
    good.send()
    found = flow.until(
        60,
        f"{len(cases)} dead letters",
        lambda: (seen := letters()) and len(seen) >= len(cases) and seen,
    )
    mistakes = 0
    for case in cases:
        flow.expect(case.place in found, f"{case.name}: no dead letter of {case.place}")
        mistakes += compare(case, found[case.place])
    flow.expect(mistakes == 0, f"{mistakes} mistakes in dead letters")
    flow.expect(len(found) == len(cases), "there are more dead letters than were to be")
    print(f"{len(cases)} malformed records of all kinds became dead letters")
    good.check(log_path)


main()
