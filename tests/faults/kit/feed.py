"""Sends commands until it is told to end: feed.py SENT RATE SEED STATE.

The same stories as kit/load.py of the flows, some at a time, at RATE commands a second at most, and
never far ahead of the answers. At the end it is noted in SENT what is to become of each command;
SENT `-` waits for the last answers instead, and says how many there were. It keeps to RATE on the
whole: what an outage held back is sent when it is over. STATE says once a second where it stands,
as JSON, for the message of whoever waits in vain (progress.py).
"""

import json
import os
import random
import signal
import sys
import time
import uuid

import answers
import confluent_kafka
import flow
import load

TICK_S = 0.02
AT_ONCE = 100  # stories
AHEAD_S = 3  # of the answers
FLUSH_S = 60
TELL_S = 1
FORGETFUL = 0x020A0000  # librdkafka that forgets brokers: see requirements.txt


def producer():
    """One that outlives a broker's absence, and keeps the order of a certificate."""
    return confluent_kafka.Producer(
        {
            "bootstrap.servers": flow.BOOTSTRAP,
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
            "message.timeout.ms": 600000,
            "reconnect.backoff.max.ms": 1000,
            "linger.ms": 5,
        }
    )


class Feeder:
    def __init__(self, seed, remembers):
        self.remembers = remembers
        self.chance = random.Random(seed)
        self.schemas = flow.Schemas()
        self.producer = producer()
        self.running = []  # [[certificate, story, next chapter]]
        self.sent = {}
        self.failed = []
        self.ahead = 0  # commands without an answer, but those that wait for a person
        self.waiting = {}  # {certificate: ids of commands without an answer}
        self.count = 0  # of commands sent
        self.heard = 0
        self.follower = answers.Answers(self.hear)

    def hear(self, certificate, command, verdict):
        self.heard += 1
        commands = self.waiting.get(certificate, set())
        if command in commands:
            commands.discard(command)
            self.ahead -= 1
        if not commands and all(entry[0] != certificate for entry in self.running):
            self.waiting.pop(certificate, None)
        if verdict == "Unknown":
            self.ahead -= len(self.waiting.pop(certificate, ()))

    def listen(self):
        self.follower.look(0)
        self.follower.verdicts.clear()

    def is_answered(self):
        self.listen()
        return self.ahead <= 0

    def send_one(self):
        if len(self.running) < AT_ONCE:
            certificate = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
            self.running.append([certificate, load.story(certificate), 0])
        entry = self.chance.choice(self.running)
        certificate, story, chapter = entry
        kind, command, verdict = story[chapter]
        self.producer.produce(
            flow.PREFIX + "certificates.commands",
            key=certificate,
            value=self.schemas.encode(load.COMMANDS + kind, command),
            on_delivery=lambda error, _: error and self.failed.append(error),
        )
        if chapter < len(story) - 1:  # the last one comes again, and is known already
            if self.remembers:
                self.sent.setdefault(certificate, []).append((command["metadata"]["id"], verdict))
            if chapter == 0:
                self.waiting[certificate] = set()
            if certificate in self.waiting:
                self.waiting[certificate].add(command["metadata"]["id"])
                self.ahead += 1
        self.count += 1
        entry[2] += 1
        if entry[2] == len(story):
            self.running.remove(entry)

    def tell(self, path):
        """Read by others at any time, so never by half."""
        state = {
            "at": time.time(),
            "sent": self.count,
            "not delivered": len(self.producer),
            "answers heard": self.heard,
            "waits for": self.ahead,
            "read up to": self.follower.positions(),
        }
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(state, file)
        os.replace(path + ".new", path)


def main():
    path, rate, seed, state = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    told = []
    version, number = confluent_kafka.libversion()
    flow.expect(number < FORGETFUL, f"librdkafka {version} does not outlive a broker")
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    feeder = Feeder(seed, path != "-")
    begin, count, told_s = time.monotonic(), 0, 0
    while not told:
        due = (time.monotonic() - begin) * rate
        while count < due:
            if feeder.ahead < rate * AHEAD_S:
                feeder.send_one()
            elif not feeder.remembers:
                break
            count += 1
        feeder.producer.poll(TICK_S)
        feeder.listen()
        if time.monotonic() > told_s + TELL_S:
            told_s = time.monotonic()
            feeder.tell(state)
    left = feeder.producer.flush(FLUSH_S)
    flow.expect(left == 0 and not feeder.failed, f"{left} not delivered; {feeder.failed[:1]}")
    if path == "-":
        flow.until(FLUSH_S, "the last answers", feeder.is_answered)
        a_second = feeder.count / (time.monotonic() - begin)
        print(f"{feeder.count} commands, {a_second:.0f} a second", flush=True)
        return
    with open(path, "w", encoding="utf-8") as file:
        json.dump(feeder.sent, file)


main()
