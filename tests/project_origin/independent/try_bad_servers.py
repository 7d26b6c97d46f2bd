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


class BadServers(unittest.TestCase):
    def play(self, way, applies, greeting=None):
        timeout_ms = LONG_MS if applies in (the_sending, the_first_question) else TIMEOUT_MS
        life = orders.Life("bad servers")
        with BadServer(way, applies, greeting) as server, Adapter(server.address) as adapter:
            told = adapter.send(life.issue(life.production), timeout_ms=timeout_ms)[0]
        self.assertLess(told.last["afterMs"], timeout_ms + SLACK_MS)
        return server, told

    def play_all(self, ways, applies, expected, greetings=()):
        rows = [*((name, way, None) for name, way in ways.items()),
                *((name, None, greeting) for name, greeting in dict(greetings).items())]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            played = pool.map(lambda row: self.play(row[1], applies, row[2]), rows)
            for (name, _, _), (server, told) in zip(rows, played):
                with self.subTest(name):
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
        self.play_all(bad_server.SPOILT, always, expected)

    def test_what_became_of_a_spoilt_sending_is_found_by_asking(self):
        self.play_all(bad_server.SPOILT, the_sending, ["SUCCEEDED", ""])

    def test_spoilt_questions_are_asked_again(self):
        self.play_all({**bad_server.SPOILT, **bad_server.UNPROCESSED}, the_first_question,
                      ["ACCEPTED", "SUCCEEDED", ""])

    def test_spoilt_questions_settle_nothing(self):
        self.play_all({**bad_server.SPOILT, **bad_server.UNPROCESSED}, questions,
                      ["ACCEPTED", "UNKNOWN", "NoOutcome"])

    def test_what_the_server_did_nothing_with_was_not_sent(self):
        self.play_all(bad_server.UNPROCESSED, always, ["NOT_SENT", "NotProcessed"])

    def test_who_cannot_be_reached_was_sent_nothing(self):
        self.play_all({}, always, ["NOT_SENT", "ConnectFailed"], bad_server.UNREACHABLE)

    def test_what_waits_for_a_window_has_begun_and_is_unknown(self):
        server, told = self.play(None, always, bad_server.settings(4, 0))
        self.expect_sound(server, told)
        self.assertEqual((told.kinds, told.last["cause"]), (["UNKNOWN"], "Timeout"))
        self.assertEqual((server.begun[SEND], server.counts.get(SEND)), (1, None))

    def test_words_come_as_they_are_but_harmless(self):
        _, told = self.play(bad_server.SPOILT["words with escapes"], always)
        self.assertRegex(told.last["text"], r"\[31mred +緑 50% %zz \?\?")


if __name__ == "__main__":
    unittest.main()
