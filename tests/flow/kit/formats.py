"""What format the states are written in, for the flow about upgrades."""

import json
import uuid

import commands
import flow


def expect(wanted):
    """Exactly these formats are there, each certificate's never falls, and every lane has met
    the highest.
    """
    schemas = flow.Schemas()
    for topic in ("certificates.state", "registry.state"):
        newest, places = {}, set()
        for record in flow.read(topic):
            _, state = schemas.decode(record.value)
            found = state["formatVersion"]
            fell = found < newest.get(record.key, 0)
            flow.expect(not fell, f"{topic}: {record.key} fell to {found}")
            newest[record.key] = found
            places.add((record.partition, found))
        found = set(newest.values())
        flow.expect(found == wanted, f"{topic} has the formats {found}, not {wanted}")
        lacking = set(range(flow.PARTITIONS)) - {at for at, of in places if of == max(wanted)}
        flow.expect(not lacking, f"{topic}: nothing of format {max(wanted)} in {lacking}")


def touch(sent, path):
    """A command to each certificate that was sent to; our own rules refuse it."""
    schemas = flow.Schemas()
    producer = flow.producer()
    touched = {}
    with open(sent, encoding="utf-8") as file:
        certificates = json.load(file)
    for certificate in certificates:
        command = commands.transfer(certificate, str(uuid.uuid4()), "alice", "bob")
        touched[certificate] = [(command["metadata"]["id"], "Rejected")]
        producer.produce(
            flow.PREFIX + "certificates.commands",
            key=certificate,
            value=schemas.encode("certificates.commands.TransferSlice", command),
        )
    flow.expect(producer.flush(30) == 0, "not delivered")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(touched, file)
