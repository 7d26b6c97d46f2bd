"""Sweeps fault points: sweep.py kill|stop PROCESSOR DIRECTORY LEDGER.

Each point in turn, under load: the process comes there and is killed, and the next one is its
successor; or it is stopped until a second instance has its partitions and the time-outs of session
and transaction are over, and then it wakes up. All the time `millrace verify` looks on; at the end
everything is settled, and compared.
"""

import json
import os
import random
import signal
import sys
import time

import flow
import plan
import stage

ACTION, PROCESSOR, DIRECTORY, LEDGER = sys.argv[1:5]
FAULTS = os.environ["FAULTS"]
SEED = os.environ["FAULTS_SEED"]
STORE = os.environ["FAULTS_STORE"]
ADAPTER = os.environ["FAULTS_ADAPTER"]
STANDIN = int(os.environ["FAULTS_STANDIN"])
OTHER = next(name for name in plan.BOTH if name != PROCESSOR)
UNDER_WAY = 150
# No fault takes that long; only a machine that is busy with other things does.
POINT_S = 90
SETTLE_S = 240
TRIES = 6  # a process that was told to end may do so with nothing in hand
CALLS_MIN = 2
CALLS_LEFT = 4  # more than that its successor need not find
# One of the points comes as late as at the third call.
OWED_MIN = 3
UNSENT_MIN = 3
ANSWERS_MIN = 50
READINGS = 12
# By then who finds calls of a dead one does so; where its session ended first, another has them.
FOUND_S = 20


class Sweep:
    def __init__(self):
        self.chance = random.Random(f"{SEED} {ACTION} {PROCESSOR}")
        self.work = stage.Work(f"{SEED} {ACTION} {PROCESSOR} work")
        self.eyes = stage.Eyes(PROCESSOR, LEDGER, self.work)
        self.verify = stage.Verify(LEDGER, f"{DIRECTORY}/verify.out")
        self.other = stage.Process(OTHER, "other", DIRECTORY)
        self.heir = None
        if ACTION == "stop":
            self.heir = stage.Process(PROCESSOR, "heir", DIRECTORY)
        self.guest = None
        self.silence = stage.Silence()
        self.hits = []

    def start(self, fault=None, silence=None):
        return stage.Process(PROCESSOR, "armed", DIRECTORY, fault, silence=silence)

    def await_work(self, process):
        """It has lanes that work, and something to do."""
        self.work.top_up(UNDER_WAY)
        flow.until(POINT_S, "lanes that work", lambda: not process.look() or process.lanes())

    def await_condition(self, what, condition):
        """While there is enough to do."""

        def asked():
            self.work.keep_up(UNDER_WAY)
            return condition()

        flow.until(POINT_S, what, asked)

    def await_unless_there(self, process, what, condition):
        """What was on its way, or was asked for, may bring the process to its point earlier."""
        self.await_condition(what, lambda: not process.look() or condition())

    def await_calls(self):
        self.await_condition("calls out", lambda: self.eyes.moment.calls_out() >= CALLS_MIN)

    def end_in_a_transaction(self, process):
        """SIGTERM, at a moment when something of it is not committed."""

        def struck():
            process.send(signal.SIGSTOP)
            flow.until(10, "a stop", lambda: not process.look())
            hit = process.code is not None or self.eyes.moment.open_transactions() > 0
            if hit:
                process.send(signal.SIGTERM)
            process.go_on()
            return hit

        self.await_condition("an open transaction", struck)

    def provoke(self, how, process):
        if how == "end":
            self.await_work(process)
            self.end_in_a_transaction(process)
        elif how == "unsent":
            self.await_work(process)
            self.await_condition(
                "calls that wait for a connection", lambda: process.calls_out() >= UNSENT_MIN
            )
            process.send(signal.SIGTERM)
        elif how == "owed":
            self.await_work(process)
            # Of lanes with a connection, or they would not leave.
            self.await_unless_there(
                process, "calls at the registry", lambda: self.eyes.moment.calls_out() >= OWED_MIN
            )
            os.kill(STANDIN, signal.SIGSTOP)
            self.await_unless_there(
                process, "calls out", lambda: process.calls_out() >= OWED_MIN
            )
            stage.fence(PROCESSOR, process.lanes())
            self.await_unless_there(
                process, "lanes that end", lambda: process.handed_over() >= OWED_MIN
            )
            os.kill(STANDIN, signal.SIGCONT)
        elif how == "read":
            self.await_work(process)
            self.await_unless_there(
                process,
                "settled certificates",
                lambda: len(self.work.settled(process.lanes())) >= READINGS,
            )
            settled = self.work.settled(process.lanes())
            self.work.order_readings(self.chance.sample(settled, min(READINGS, len(settled))))
        elif how == "join":
            self.await_work(process)
            self.guest = stage.Process(PROCESSOR, "guest", DIRECTORY, member=False)
        elif how == "fence":
            self.await_work(process)
            self.await_calls()
            stage.fence(PROCESSOR, process.lanes())

    def die_with_calls_out(self):
        """A process that leaves calls of its own without an answer. A registry that could be asked
        for them stands still until its heir has given up; but first it must greet who connects."""
        if ADAPTER == "plain":
            os.kill(STANDIN, signal.SIGSTOP)
        process = self.start(f"call.written:{CALLS_LEFT}:kill")
        self.await_condition("calls are written", lambda: not process.look())
        os.kill(STANDIN, signal.SIGCONT if ADAPTER == "plain" else signal.SIGSTOP)
        flow.expect(process.code == -signal.SIGKILL, f"before: it ended with {process.code}")

    def await_fault(self, point, process, how):
        """What a dead process left may go to another: then the one that waits for it ends, too."""
        give_up = time.monotonic() + FOUND_S if how == "strike" else float("inf")
        self.await_condition(
            f"{point} is reached", lambda: not process.look() or time.monotonic() > give_up
        )
        if process.look():
            process.end(POINT_S)

    def have_history(self):
        """Something to restore, also where this is the first point of all."""
        if not self.hits:
            before = self.start()
            self.await_work(before)
            flow.until(POINT_S, "answers", lambda: len(self.work.answers.look(0)) >= ANSWERS_MIN)
            before.kill()

    def reach(self, point):
        """A process that has come to the point, and what it was in the middle of."""
        how, count = plan.PLAN[point][1:]
        fault = f"{point}:{self.chance.randint(1, count)}:{ACTION}"
        for _ in range(TRIES):
            self.work.top_up(UNDER_WAY)
            if how == "strike":
                self.die_with_calls_out()
            if how == "anew":
                self.have_history()
                stage.forget("armed", DIRECTORY)
            process = self.start(fault, self.silence if how == "unsent" else None)
            self.provoke(how, process)
            self.await_fault(point, process, how)
            os.kill(STANDIN, signal.SIGCONT)
            if process.code != 0:
                break
        flow.expect(process.said(f"fault point {point}: signal"), f"{point} was never reached")
        flow.expect(
            process.stopped if ACTION == "stop" else process.code == -signal.SIGKILL,
            f"{fault}: the process ended with {process.code}",
        )
        return process, {"fault": fault, **self.eyes.look()}

    def outlive(self, process):
        """Others take over; then it wakes up, and finds out."""
        stopped = time.monotonic()
        others = [one for one in (self.heir, self.guest) if one is not None]

        def taken_over():
            return len(set().union(*(one.lanes() for one in others))) == flow.PARTITIONS

        flow.until(POINT_S, f"others take over from {process.log}", taken_over)
        while time.monotonic() < stopped + max(stage.SESSION_S, stage.TRANSACTION_S) + 1:
            time.sleep(0.05)
        place = process.place()
        self.work.top_up(UNDER_WAY)
        process.go_on()

        def knows():
            return not process.look() or process.said('"msg":"partitions assigned"', place)

        flow.until(POINT_S, f"{process.log} finds out", knows)
        flow.expect(process.code in (None, 0), f"after its sleep it ended with {process.code}")

    def sweep(self, point):
        began = time.monotonic()
        process, hit = self.reach(point)
        if ACTION == "stop":
            self.outlive(process)
            process.kill()
        if self.guest is not None:
            # It may not even have begun to listen: a partition can be lost before it joins.
            code = self.guest.end(POINT_S)
            flow.expect(code in (0, -signal.SIGTERM), f"the guest ended with {code}")
            self.guest = None
        hit["met"] = hit["transactions"] + hit["calls"] + hit["commands"] > 0
        hit["seconds"] = round(time.monotonic() - began, 1)
        self.hits.append(hit)
        print(json.dumps(hit), flush=True)
        self.verify.begin()

    def settle(self):
        """With nobody left who may still send: a writer that lives cannot be proven dead."""
        for process in filter(None, (self.other, self.heir)):
            process.kill()
        self.other = stage.Process(OTHER, "other", DIRECTORY)
        last = self.start()
        stage.resolve_all(self.work, LEDGER, SETTLE_S)
        self.work.write(f"{DIRECTORY}/sent.json")
        self.verify.finish()
        self.verify.begin()
        self.verify.finish()
        for process in (self.other, last):
            flow.expect(process.end(POINT_S) == 0, f"{process.log}: exit code {process.code}")

    def report(self):
        met = [hit for hit in self.hits if hit["met"]]
        print(
            f"{PROCESSOR}, {ACTION}, on {STORE}, {ADAPTER}: "
            f"{len(met)} of {len(self.hits)} faults hit something open: "
            + ", ".join(
                f"{sum(hit[what] for hit in self.hits)} {what}"
                for what in ("transactions", "calls", "commands")
            )
        )
        print(f"{self.verify.last}, {self.verify.count} times")
        flow.expect(len(met) == len(self.hits) > 0, "a fault hit nothing that was open")


def main():
    # Whatever ends this program ends its processes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    wanted = plan.wanted(FAULTS, ACTION, PROCESSOR, ADAPTER)
    only = os.environ.get("FAULTS_POINTS")
    if only:
        wanted = [point for point in wanted if point.startswith(tuple(only.split(",")))]
    sweep = Sweep()
    for point in wanted:
        sweep.sweep(point)
    sweep.settle()
    sweep.report()


main()
