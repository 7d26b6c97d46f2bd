"""Sends a signal to a processor in the middle of its work, and prints what it was in the middle of.

    strike.py PROCESSOR PID SIGNAL LEDGER ANSWERS open|calls

Waits until so many commands are answered, then for the moment: a transaction is open, or calls are
out. For the first of these the process is held still while it is looked at: a transaction is open
for a few milliseconds only. Signal 0 does nothing but wait for the moment.
"""

import json
import os
import signal
import sys
import time

import answers
import flow
import moment

CALLS_MIN = 4


def is_gone(pid):
    """Nothing of it runs any more, whether its parent has noticed or not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def strike_open_transaction(now, pid, number):
    """False: none was open."""
    os.kill(pid, signal.SIGSTOP)
    hit = now.open_transactions() > 0
    if hit:
        os.kill(pid, number)
    os.kill(pid, signal.SIGCONT)
    return hit


def strike_calls(now, pid, number):
    if now.calls_out() < CALLS_MIN:
        return False
    os.kill(pid, number)
    return True


def main():
    processor, pid, number, ledger = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    enough, kind = int(sys.argv[5]), sys.argv[6]
    strike = {"open": strike_open_transaction, "calls": strike_calls}[kind]
    follower = answers.Answers()
    now = moment.Moment(processor, ledger)
    now.open_transactions()  # the first question takes longer
    flow.until(60, f"{enough} answers", lambda: len(follower.look()) >= enough)
    flow.until(30, f"a moment to strike {processor}", lambda: strike(now, pid, number))
    if number == signal.SIGKILL:
        flow.until(10, f"the end of {pid}", lambda: is_gone(pid))
    hit = {
        "processor": processor,
        "signal": number,
        "atAnswers": len(follower.look(0)),
        "callsOut": now.calls_out() if processor == "registry-connector" else 0,
        "openTransactions": now.open_transactions(),
    }
    print(json.dumps(hit))
    follower.consumer.close()


main()
