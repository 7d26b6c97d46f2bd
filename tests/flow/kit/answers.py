"""Follows certificates.answers."""

import time

import confluent_kafka
import flow


class Answers:
    """The last verdict on each command, by (certificate, command)."""

    def __init__(self, heard=lambda certificate, command, verdict: None):
        self.heard = heard  # told of each answer
        self.schemas = flow.Schemas()
        self.verdicts = {}
        self.consumer = flow.reader("certificates.answers")

    def look(self, timeout_s=0.1):
        for message in self.consumer.consume(1000, timeout_s):
            if message.error() is None:
                _, answer = self.schemas.decode(message.value())
                command = str(answer["certificateId"]), str(answer["commandId"])
                self.verdicts[command] = answer["verdict"]
                self.heard(*command, answer["verdict"])
        return self.verdicts

    def positions(self):
        """How far it has read each partition; a negative number: nothing of it yet."""
        return [place.offset for place in self.consumer.position(self.consumer.assignment())]


def quiet(sent, verdicts):
    """Is every certificate through with its story, or held by an unknown outcome?"""
    for certificate, story in sent.items():
        found = [verdicts.get((certificate, command)) for command, _ in story]
        if None in found and "Unknown" not in found:
            return False
    return True


def await_quiet(sent, limit_s):
    """The last verdicts, once nothing moves any more."""
    answers = Answers()
    deadline = time.monotonic() + limit_s
    while not quiet(sent, answers.look()):
        if time.monotonic() > deadline:
            missing = sum(
                (certificate, command) not in answers.verdicts
                for certificate, story in sent.items()
                for command, _ in story
            )
            flow.fail(f"not quiet after {limit_s} s: {missing} commands without any answer")
    answers.consumer.close()
    return answers.verdicts
