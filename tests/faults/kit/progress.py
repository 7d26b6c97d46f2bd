"""Waits until so many commands are answered from now on: progress.py ANSWERS SECONDS."""

import sys

import confluent_kafka
import flow

TOPIC = "certificates.answers"


def ends():
    """None: a broker that is asked does not answer; to be asked again."""
    try:
        return flow.end_offsets(flow.admin(), [TOPIC], committed=False)
    except confluent_kafka.KafkaException:
        return None


def main():
    wanted, limit_s = int(sys.argv[1]), int(sys.argv[2])
    begin = flow.until(limit_s, "the ends of the answers", ends)
    consumer = flow.reader(TOPIC)
    consumer.assign(
        [
            confluent_kafka.TopicPartition(flow.PREFIX + topic, partition, offset)
            for (topic, partition), offset in begin.items()
        ]
    )
    found = 0

    def enough():
        nonlocal found
        found += sum(message.error() is None for message in consumer.consume(1000, 0.2))
        return found >= wanted

    flow.until(limit_s, f"{wanted} more answers", enough)
    consumer.close()


main()
