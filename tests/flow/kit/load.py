"""What the flows about crashes send, and what is to become of it.

Each certificate gets the same story: issued, cut in two, its parts handed on from owner to owner,
two commands that are refused, and one that comes again.
"""

import json
import uuid

import commands
import flow

CERTIFICATES = 200
COMMANDS = "certificates.commands."


def story(certificate):
    """[(type, command, verdict it is to have)], in the order in which they are sent."""
    first = commands.issue(certificate)
    cut = {
        "metadata": commands.metadata(),
        "certificateId": certificate,
        "requestedBy": "alice",
        "expectedVersion": None,
        "claimId": None,
        "sliceId": commands.first_slice(first),
        "reservationId": None,
        "parts": [{"quantity": 400, "owner": None}, {"quantity": 600, "owner": None}],
    }
    one, two = (
        str(uuid.uuid5(uuid.UUID(certificate), f"{cut['metadata']['id']}/slice/{part}"))
        for part in (0, 1)
    )

    def hand_on(slice_id, owner, new_owner, verdict):
        command = commands.transfer(certificate, slice_id, owner, new_owner)
        return "TransferSlice", command, verdict

    told = [
        ("IssueCertificate", first, "Applied"),
        ("SliceCertificate", cut, "Applied"),
        hand_on(one, "alice", "bob", "Applied"),
        hand_on(one, "bob", "carol", "Applied"),
        hand_on(two, "alice", "dave", "Applied"),
        hand_on(one, "eve", "frank", "Rejected"),  # by our own rules
        hand_on(one, "carol", "mallory", "Rejected"),  # by the registry's
        hand_on(one, "carol", "grace", "Applied"),
        hand_on(two, "dave", "heidi", "Applied"),
        hand_on(two, "heidi", "ivan", "Applied"),
    ]
    return told + [told[2]]


def send(path):
    """Everything, one command of each certificate after the other; noted in a file as JSON."""
    schemas = flow.Schemas()
    producer = flow.producer()
    stories = [story(flow.new_certificate(n % flow.PARTITIONS)) for n in range(CERTIFICATES)]
    failed = []
    for chapter in zip(*stories):
        for kind, command, _ in chapter:
            producer.produce(
                flow.PREFIX + "certificates.commands",
                key=command["certificateId"],
                value=schemas.encode(COMMANDS + kind, command),
                on_delivery=lambda error, _: error and failed.append(error),
            )
            producer.poll(0)
    flow.expect(producer.flush(30) == 0 and not failed, f"not delivered: {failed[:1]}")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(
            {
                told[0][1]["certificateId"]: [
                    (command["metadata"]["id"], verdict) for _, command, verdict in told[:-1]
                ]
                for told in stories
            },
            file,
        )
    return sum(len(told) for told in stories)
