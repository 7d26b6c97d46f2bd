"""Whom to kill among several brokers, and what they were in the middle of.

cluster.py who PARTITION           for the registry connector's lane of a partition, as JSON: the
                                   node that is its transaction coordinator, its group's
                                   coordinator, the leader of what it writes to registry.events
cluster.py caught LEDGER SECONDS   waits until a transaction is open, and prints what was: asks only
                                   who answers, so that one may stand still
"""

import json
import os
import sys

import confluent_kafka
import flow
import moment
from confluent_kafka.admin import OffsetSpec

ASK_S = 1.0


def java_hash(text):
    hashed = 0
    for letter in text:
        hashed = (31 * hashed + ord(letter)) & 0xFFFFFFFF
    return (hashed - (1 << 32) if hashed >= 1 << 31 else hashed) & 0x7FFFFFFF


def who(partition):
    topics = flow.admin().list_topics(timeout=flow.ANSWER_S).topics
    name = os.environ["MILLRACE_APPLICATION"] + ".registry-connector"

    def leader(topic, index):
        return topics[topic].partitions[index].leader

    def coordinator(topic, key):
        return leader(topic, java_hash(key) % len(topics[topic].partitions))

    return {
        "transactions": coordinator("__transaction_state", f"{name}-{partition}"),
        "group": coordinator("__consumer_offsets", name),
        "leader": leader(flow.PREFIX + "registry.events", partition),
    }


def offsets(client, level):
    """{place: end}, of those whose leader answers."""
    wanted = {
        confluent_kafka.TopicPartition(flow.PREFIX + topic, partition): OffsetSpec.latest()
        for topics in moment.WRITES.values()
        for topic in topics
        for partition in range(flow.PARTITIONS)
    }
    found = {}
    asked = client.list_offsets(wanted, isolation_level=level, request_timeout=ASK_S)
    for place, answer in asked.items():
        try:
            found[place.topic, place.partition] = answer.result().offset
        except confluent_kafka.KafkaException:
            pass
    return found


def open_transactions(client):
    written = offsets(client, confluent_kafka.IsolationLevel.READ_UNCOMMITTED)
    stable = offsets(client, confluent_kafka.IsolationLevel.READ_COMMITTED)
    return len({place for place, end in stable.items() if written.get(place, 0) > end})


def caught(ledger, limit_s):
    """The partitions with something written and not committed, and the calls that are out."""
    client = flow.admin()
    count = flow.until(limit_s, "an open transaction", lambda: open_transactions(client))
    return count, moment.Moment("registry-connector", ledger).calls_out()


if sys.argv[1] == "who":
    print(json.dumps(who(int(sys.argv[2]))))
else:
    print(*caught(sys.argv[2], int(sys.argv[3])))
