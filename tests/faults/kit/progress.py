"""Waits until so many commands are answered from now on: progress.py ANSWERS SECONDS STATE.

In vain, it says who stands still: the feeder (feed.py, which writes STATE), a reader, a lane.
"""

import json
import sys
import time

import confluent_kafka
import flow
import standing

TOPIC = "certificates.answers"


class Wait:
    def __init__(self, begin):
        self.begin = begin
        self.consumer = flow.consumer(
            {place: offset for place, offset in begin.items() if place[0] == TOPIC}
        )
        self.found = [0] * flow.PARTITIONS
        self.errors = set()

    def look(self):
        """How many came until now."""
        for message in self.consumer.consume(1000, 0.2):
            if message.error() is None:
                self.found[message.partition()] += 1
            elif message.error().code() != confluent_kafka.KafkaError._PARTITION_EOF:
                self.errors.add(message.error().str())
        return sum(self.found)

    def lines(self, state):
        told = f"answers read here: {', '.join(map(str, self.found))} {sorted(self.errors) or ''}"
        return [told.strip(), of_feeder(state), *standing.lines(self.begin)]


def of_feeder(state):
    try:
        with open(state, encoding="utf-8") as file:
            found = json.load(file)
    except OSError:
        return "the feeder has said nothing yet"
    age_s = time.time() - found.pop("at")
    return f"the feeder, {age_s:.0f} s ago: " + ", ".join(
        f"{name} {value}" for name, value in found.items()
    )


def main():
    wanted, limit_s, state = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    wait = Wait(flow.until(limit_s, "the ends of the topics", standing.ends))
    deadline = time.monotonic() + limit_s
    while wait.look() < wanted:
        if time.monotonic() > deadline:
            flow.fail(
                "\n".join(
                    [f"waited {limit_s} s in vain: {wanted} more answers", *wait.lines(state)]
                )
            )
    wait.consumer.close()


main()
