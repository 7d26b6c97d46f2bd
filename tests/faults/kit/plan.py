"""Which fault points there are in which processor, and what brings a process there.

Needs nothing but Python, so that a quick test can hold it against the sources.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LIST = ROOT / "processors/outside/process_os/fault_points.h"

CERTIFICATES = "certificates"
CONNECTOR = "registry-connector"
BOTH = (CERTIFICATES, CONNECTOR)
ONE = (CONNECTOR,)
ADAPTERS = ("plain", "project-origin")

# What brings a process to a point:
#   work     it starts, restores, and works
#   anew     the same, without what it may have on disk
#   strike   the one before it was killed with calls out, which it finds
#   end      it is told to end (SIGTERM) in the middle of its work
#   unsent   the same, while calls wait for a connection to the registry
#   owed     as by "fence", while the registry owes answers, and then they come
#   read     an operator has streams of certificates read that are settled
#   join     another member joins its group
#   fence    somebody else takes its transactional ids, in the middle of its work
# and the number is up to the how manieth time at that point the fault comes (drawn by the seed).
PLAN = {
    "turn.polled": (BOTH, "work", 20),
    "turn.decoded": (BOTH, "work", 40),
    "turn.handled": (BOTH, "work", 40),
    "commit.before": (BOTH, "work", 20),
    "commit.begun": (BOTH, "work", 20),
    "commit.half-produced": (BOTH, "work", 20),
    "commit.produced": (BOTH, "work", 20),
    "commit.offsets-sent": (BOTH, "work", 20),
    "commit.before-end": (BOTH, "work", 20),
    "commit.after-end": (BOTH, "work", 20),
    "store.before": (BOTH, "work", 20),
    "store.after": (BOTH, "work", 20),
    "effects.before": (BOTH, "work", 20),
    "effects.after": (BOTH, "work", 20),
    "fence.before": (BOTH, "work", 3),
    "fence.after": (BOTH, "work", 3),
    "start.positions": (BOTH, "work", 3),
    "restore.begin": (BOTH, "work", 3),
    "restore.middle": (BOTH, "anew", 30),
    "restore.end": (BOTH, "work", 3),
    "start.before": (BOTH, "work", 3),
    "start.after": (BOTH, "work", 3),
    "intent.staged": (ONE, "work", 20),
    "intent.committed": (ONE, "work", 20),
    "call.before-connect": (ONE, "work", 3),
    "call.connected": (ONE, "work", 3),
    "call.before-write": (ONE, "work", 20),
    "call.half-written": (ONE, "work", 10),
    "call.written": (ONE, "work", 20),
    "call.accepted": (ONE, "work", 20),
    "status.asked": (ONE, "work", 20),
    "stream.asked": (ONE, "work", 2),
    "reply.read": (ONE, "work", 20),
    "reply.decoded": (ONE, "work", 20),
    "reading.wanted": (ONE, "read", 3),
    "reading.begun": (ONE, "read", 3),
    "reading.answered": (ONE, "read", 3),
    "reading.staged": (ONE, "read", 3),
    "outcome.staged": (ONE, "work", 20),
    "outcome.before-commit": (ONE, "work", 20),
    "outcome.after-commit": (ONE, "work", 20),
    "unknown.staged": (ONE, "strike", 2),
    "drain.begin": (BOTH, "end", 3),
    "drain.end": (BOTH, "end", 3),
    "not-sent.destroyed": (ONE, "unsent", 3),
    "not-sent.staged": (ONE, "unsent", 3),
    "hand-over.begin": (ONE, "end", 3),
    "revoke.begin": (BOTH, "join", 1),
    "revoke.end": (BOTH, "join", 1),
    "rejoin.before": (BOTH, "fence", 1),
    "rejoin.after": (BOTH, "fence", 1),
    "evidence.before": (ONE, "owed", 3),
    "evidence.after": (ONE, "owed", 3),
}


def places():
    """For each point, in the order of their names, the adapters that have it; none: all have it."""
    parts = LIST.read_text(encoding="utf-8").split('FAULT_POINT("')[1:]
    named = (part.split('")') for part in parts)
    return {name: re.findall(r"/\* ([a-z-]+): ", where) for name, where in named}


def points(adapter=None):
    """All that the sources have, or those that a process with this adapter has."""
    return [name for name, of in places().items() if adapter is None or not of or adapter in of]


def wanted(faults, action, processor, adapter):
    """The points to sweep in one processor: all of them; or each in one processor only, of the
    stops a fixed third, and of every adapter but the first only its own."""
    chosen = []
    own = places()
    for number, point in enumerate(points(adapter)):
        where = PLAN[point][0]
        if faults == "quick" and action == "stop" and number % 3 != 0:
            continue
        if faults == "quick" and adapter != ADAPTERS[0] and not own[point]:
            continue
        if processor in (where if faults == "whole" else [where[number % len(where)]]):
            chosen.append(point)
    return chosen
