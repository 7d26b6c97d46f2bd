"""Whom to kill among several brokers, and what they were in the middle of.

cluster.py who PARTITION           for the registry connector's lane of a partition, as JSON: the
                                   node that is its transaction coordinator, its group's
                                   coordinator, the leader of what it writes to registry.events
cluster.py one APPLICATION         as JSON, a name that begins like this one, and with which one
                                   node is all three for a lane, but does not lead its
                                   registry.state: whether it has a transaction is asked there
cluster.py caught LEDGER SECONDS   waits until a transaction is open, and prints what was: asks only
                                   who answers, so that one may stand still
cluster.py stop PID LANE LEDGER    stops a broker in the middle of a transaction of this lane, which
                                   it coordinates, and prints what was open
"""

import json
import os
import signal
import sys
import time

import confluent_kafka
import flow
import moment
from confluent_kafka.admin import OffsetSpec

ASK_S = 1.0
STILL_S = 5.0  # less than the others give a broker to be heard of, and an answer may take ASK_S
STOP_S = 60


def java_hash(text):
    hashed = 0
    for letter in text:
        hashed = (31 * hashed + ord(letter)) & 0xFFFFFFFF
    return (hashed - (1 << 32) if hashed >= 1 << 31 else hashed) & 0x7FFFFFFF


class Roles:
    """Which node has which part in the work of a lane of the registry connector."""

    def __init__(self):
        self.topics = flow.admin().list_topics(timeout=flow.ANSWER_S).topics

    def leader(self, topic, index):
        return self.topics[topic].partitions[index].leader

    def coordinator(self, topic, key):
        return self.leader(topic, java_hash(key) % len(self.topics[topic].partitions))

    def of(self, application, partition):
        name = f"{application}.registry-connector"
        return {
            "transactions": self.coordinator("__transaction_state", f"{name}-{partition}"),
            "group": self.coordinator("__consumer_offsets", name),
            "leader": self.leader(flow.PREFIX + "registry.events", partition),
        }

    def one(self, application):
        for number in range(100):
            name = f"{application}-{number}"
            for lane in range(flow.PARTITIONS):
                nodes = set(self.of(name, lane).values())
                state = self.leader(flow.PREFIX + "registry.state", lane)
                if len(nodes) == 1 and state not in nodes:
                    return {"application": name, "lane": lane, "node": nodes.pop()}
        return flow.fail("no broker can have all three roles")


def groups_exist():
    """The topic of their offsets is made when the first coordinator is asked for."""
    consumer = flow.reader("registry.commands")
    try:
        consumer.committed(consumer.assignment(), timeout=flow.ANSWER_S)
    except confluent_kafka.KafkaException:
        return False
    finally:
        consumer.close()
    return True


EVERYTHING = [
    (topic, partition)
    for topics in moment.WRITES.values()
    for topic in topics
    for partition in range(flow.PARTITIONS)
]


def offsets(client, level, places):
    """{place: end}, of those whose leader answers."""
    wanted = {
        confluent_kafka.TopicPartition(flow.PREFIX + topic, partition): OffsetSpec.latest()
        for topic, partition in places
    }
    found = {}
    asked = client.list_offsets(wanted, isolation_level=level, request_timeout=ASK_S)
    for place, answer in asked.items():
        try:
            found[place.topic, place.partition] = answer.result().offset
        except confluent_kafka.KafkaException:
            pass
    return found


def open_transactions(client, places=EVERYTHING):
    written = offsets(client, confluent_kafka.IsolationLevel.READ_UNCOMMITTED, places)
    stable = offsets(client, confluent_kafka.IsolationLevel.READ_COMMITTED, places)
    return len({place for place, end in stable.items() if written.get(place, 0) > end})


def caught(ledger, limit_s):
    """The partitions with something written and not committed, and the calls that are out."""
    client = flow.admin()
    count = flow.until(limit_s, "an open transaction", lambda: open_transactions(client))
    return count, moment.Moment("registry-connector", ledger).calls_out()


def stop(pid, lane, ledger):
    """With the coordinator stopped nothing of the lane is committed: what is open stays open."""
    client = flow.admin()

    def hangs():
        if not open_transactions(client, [("registry.state", lane)]):
            return False
        os.kill(pid, signal.SIGSTOP)
        give_up = time.monotonic() + STILL_S
        while time.monotonic() < give_up:
            if open_transactions(client, [("registry.state", lane)]):
                return True
        os.kill(pid, signal.SIGCONT)  # it was committed just before
        return False

    flow.until(STOP_S, f"a transaction of lane {lane} that hangs", hangs)
    return caught(ledger, flow.ANSWER_S)


if sys.argv[1] == "who":
    print(json.dumps(Roles().of(os.environ["MILLRACE_APPLICATION"], int(sys.argv[2]))))
elif sys.argv[1] == "one":
    flow.until(flow.ANSWER_S, "a coordinator of groups", groups_exist)
    print(json.dumps(Roles().one(sys.argv[2])))
elif sys.argv[1] == "stop":
    print(*stop(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
else:
    print(*caught(sys.argv[2], int(sys.argv[3])))
