"""Writes to topics that only Millrace writes to, as somebody might whom the access lists forget."""

import flow


def repeat(topic):
    """The last record of a topic once more; prints where it lies."""
    record = flow.read(topic)[-1]
    places = []
    producer = flow.producer()
    producer.produce(
        flow.PREFIX + topic,
        key=record.key,
        value=record.value,
        headers=record.headers,
        partition=record.partition,
        on_delivery=lambda error, message: places.append(None if error else message.offset()),
    )
    flow.expect(producer.flush(30) == 0 and places[0] is not None, f"{topic} takes no record")
    print(f"{topic}[{record.partition}]@{places[0]}")
