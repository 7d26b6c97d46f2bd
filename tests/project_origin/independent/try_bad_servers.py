"""Our adapter against registries that answer as none should. Whatever they do: a transaction is
sent once, what is said of it is what can be known, and it is said in time."""

import unittest
from concurrent.futures import ThreadPoolExecutor

import bad_server
import orders
from adapter import Adapter
from bad_server import SEND, STATUS, BadServer

AT_ONCE = 32  # they mostly wait
TIMEOUT_MS = 4000  # two seconds before its end the adapter stops to ask for the status
LONG_MS = 8000  # where an outcome must be found, on a machine that is busy too
SLACK_MS = 3000  # for a machine that is busy


def always(*_):
    return True


def the_sending(method, _):
    return method == SEND


def questions(method, _):
    return method != SEND


def the_first_question(method, n):
    return method == STATUS and n == 1


QUESTIONED = {**bad_server.SPOILT, **bad_server.UNPROCESSED}
PLAYS = {
    "all": (always, bad_server.SPOILT),
    "sending": (the_sending, bad_server.SPOILT),
    "questions": (questions, QUESTIONED),
    "first question": (the_first_question, QUESTIONED),
    "unprocessed": (always, bad_server.UNPROCESSED),
    "unreachable": (None, bad_server.UNREACHABLE),
    "no window": (None, {"no window": bad_server.settings(4, 0)}),
}  # fmt: skip


def play(way, applies):
    """The server, when it is over, and what the adapter said."""
    timeout_ms = LONG_MS if applies in (the_sending, the_first_question) else TIMEOUT_MS
    life = orders.Life("bad servers")
    bad = BadServer(way, applies) if applies else BadServer(greeting=way)
    with bad as server, Adapter(server.address) as adapter:
        told = adapter.send(life.issue(life.production), timeout_ms=timeout_ms)[0]
    assert told.last["afterMs"] < timeout_ms + SLACK_MS, told
    return server, told


class BadServers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """All are begun, since they mostly wait; each test then looks at its own."""
        cls.pool = ThreadPoolExecutor(AT_ONCE)
        cls.addClassCleanup(cls.pool.shutdown)
        cls.played = {
            name: {what: cls.pool.submit(play, way, applies) for what, way in ways.items()}
            for name, (applies, ways) in PLAYS.items()}  # fmt: skip

    def expect_all(self, played, expected):
        for name, future in self.played[played].items():
            with self.subTest(name):
                server, told = future.result()
                self.expect_sound(server, told)
                want = expected(name) if callable(expected) else expected
                self.assertEqual([*told.kinds, told.last["cause"]], list(want), told)

    def expect_sound(self, server, told):
        """What holds whatever the server does."""
        self.assertEqual(server.problems, [])
        sendings = server.begun.get(SEND, 0)
        self.assertLessEqual(sendings, 1, "it was sent again")
        ends = [kind for kind in told.kinds if kind != "ACCEPTED"]
        self.assertEqual(len(ends), 1, told)
        if told.kinds[-1] == "SUCCEEDED":
            self.assertTrue(server.said_executed, told)
        if told.last["cause"] == "ConnectFailed":
            self.assertEqual(sendings, 0, "it was sent, and the adapter says that it was not")
        for reply in told.replies:
            self.assertTrue(reply["text"].isprintable(), reply["text"])

    def test_what_nobody_answers_well_is_unknown(self):
        def expected(name):
            if name in ("silence", "headers and silence", "half a message and silence",
                        "a byte now and then", "pings and nothing else"):
                return "UNKNOWN", "Timeout"
            stated = ("a page of a proxy", "a redirection", "a status beyond all", "trailers only",
                      "words with escapes", "many words", "words that are no UTF-8",
                      "what is no protobuf")
            return "UNKNOWN", "BadReply" if name in stated else "ConnectionLost"
        self.expect_all("all", expected)

    def test_what_became_of_a_spoilt_sending_is_found_by_asking(self):
        self.expect_all("sending", ["SUCCEEDED", ""])

    def test_spoilt_questions_are_asked_again(self):
        self.expect_all("first question", ["ACCEPTED", "SUCCEEDED", ""])

    def test_spoilt_questions_settle_nothing(self):
        self.expect_all("questions", ["ACCEPTED", "UNKNOWN", "NoOutcome"])

    def test_what_the_server_did_nothing_with_was_not_sent(self):
        self.expect_all("unprocessed", ["NOT_SENT", "NotProcessed"])

    def test_who_cannot_be_reached_was_sent_nothing(self):
        self.expect_all("unreachable", ["NOT_SENT", "ConnectFailed"])

    def test_what_waits_for_a_window_has_begun_and_is_unknown(self):
        self.expect_all("no window", ["UNKNOWN", "Timeout"])
        server, _ = self.played["no window"]["no window"].result()
        self.assertEqual((server.begun[SEND], server.counts.get(SEND)), (1, None))

    def test_words_come_as_they_are_but_harmless(self):
        _, told = self.played["all"]["words with escapes"].result()
        self.assertRegex(told.last["text"], r"\[31mred +緑 50% %zz \?\?")


if __name__ == "__main__":
    unittest.main()
