"""Our adapter against a registry on grpcio: each operation once, and each way to be told what came
of it."""

import socket
import unittest

import contract
import grpc
import orders
import people
import registry
import tls
from adapter import Adapter
from registry import COMMITTED, FAILED, FINALIZED, PENDING, UNKNOWN, Registry

ROUNDS_MAX = 20
SHORT_MS = 3000  # two seconds before its end the adapter reads the stream


class AgainstGrpcio(unittest.TestCase):
    def expect(self, told, *kinds, text=None):
        self.assertEqual(told.kinds, list(kinds), told)
        if text is not None:
            self.assertEqual(told.last["text"], text)

    def expect_clean(self, server, sendings):
        self.assertEqual(server.problems, [])
        self.assertEqual(len(server.sendings), sendings)

    def issue(self, name, **how):
        """One issue: the registry when it is over, and what the adapter said."""
        life = orders.Life(name)
        order = life.issue(life.production)
        instead, sending = how.pop("instead", {}), how.pop("sending", {})
        with Registry([order], **how) as server, Adapter(server.address) as adapter:
            server.instead = instead
            told = adapter.send(order, **sending)[0]
        self.expect_clean(server, 1)
        return server, told

    def test_each_operation_once(self):
        given = orders.Life("whole").whole()
        self.assertEqual({orders.kind_of(order) for order in given}, set(orders.EVENTS))
        with Registry(given) as server, Adapter(server.address) as adapter:
            for order in given:
                told = adapter.send(order)[0]
                self.expect(told, "ACCEPTED", "SUCCEEDED")
                self.assertEqual(told.id, registry.id_of(told.bytes))
                self.assertEqual(server.sendings[-1], told.bytes)
                self.assertEqual(server.verdicts[told.id], (COMMITTED, ""))
        self.expect_clean(server, len(given))

    def test_what_it_makes_is_the_same_whenever_it_is_made(self):
        given = orders.Life("whole").whole()
        made = []
        for _ in range(2):
            with Registry(given) as server, Adapter(server.address) as adapter:
                made.append([adapter.send(order)[0].bytes for order in given])
        self.assertEqual(*made)

    def test_refusals_come_in_the_registrys_words(self):
        life = orders.Life("refusals")
        first = life.issue(life.production)
        rows = [
            (life.withdraw(life.consumption), "Certificate does not exist"),
            (life.issue(life.production),
             f'Certificate with id ”{{ "value": "{life.production}" }}” already exists'),
            (life.transfer(life.production, people.CAROL, owner=people.BOB),
             "Invalid signature for slice"),
            (life.transfer(life.production, people.CAROL, slice_id=orders.uid("no slice")),
             "Slice not found"),
            (life.claim(life.production, life.first_slice(life.production), 1000),
             "Allocation does not exist"),
            (life.allocate(life.production, life.first_slice(life.production),
                           life.first_slice(life.consumption), 1000),
             "ConsumptionCertificate does not exist"),
        ]  # fmt: skip
        given = [first, *(order for order, _ in rows)]
        with Registry(given) as server, Adapter(server.address) as adapter:
            self.expect(adapter.send(first)[0], "ACCEPTED", "SUCCEEDED")
            for order, words in rows:
                self.expect(adapter.send(order)[0], "ACCEPTED", "REFUSED", text=words)
        self.expect_clean(server, len(given))

    def test_finalized_counts_too(self):
        _, told = self.issue("finalized", committed=FINALIZED)
        self.expect(told, "ACCEPTED", "SUCCEEDED", text="the registry has committed it")

    def test_failed_is_not_believed_while_the_stream_has_it(self):
        server, told = self.issue("twice", heard=[PENDING, FAILED])
        self.expect(told, "ACCEPTED", "SUCCEEDED", text="it is in the certificate's stream")
        self.assertEqual(server.pairs[-1][0], "GetStreamTransactions")

    def test_a_status_that_nobody_knows_is_asked_for_again(self):
        server, told = self.issue("later version", heard=[7, -1, PENDING])
        self.expect(told, "ACCEPTED", "SUCCEEDED")
        self.assertEqual(len(server.pairs), 5)

    def test_what_is_not_known_any_more_is_in_the_stream(self):
        _, told = self.issue("forgotten", heard=[UNKNOWN] * 1000, sending={"timeout_ms": SHORT_MS})
        self.expect(told, "ACCEPTED", "SUCCEEDED", text="it is in the certificate's stream")

    def test_what_stays_pending_is_unknown_in_time_and_may_be_heard_of_late(self):
        life = orders.Life("pending")
        order = life.withdraw(life.production)
        with Registry([order], heard=[PENDING] * 100000) as server, \
                Adapter(server.address) as adapter:

            def hear(said):
                if said.get("reply") == "UNKNOWN":
                    server.heard = ()
            told = adapter.send(order, timeout_ms=SHORT_MS, late_ms=10000, hear=hear)[0]
        self.expect(told, "ACCEPTED", "UNKNOWN", "REFUSED", text="Certificate does not exist")
        self.assertEqual(told.replies[1]["cause"], "NoOutcome")
        self.assertLess(told.replies[1]["afterMs"], SHORT_MS + 2000)
        self.expect_clean(server, 1)

    def abort(self, code, words):
        def instead(_, context):
            context.abort(code, words)
        return instead

    def test_an_answer_that_is_lost_is_found_by_asking(self):
        for code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNKNOWN,
                     grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED):
            with self.subTest(code):
                _, told = self.issue(f"lost {code}", instead={
                    "SendTransactions": self.abort(code, "a broker is away")})  # fmt: skip
                self.expect(told, "SUCCEEDED")

    def test_words_of_a_status_are_made_harmless(self):
        nobody = self.abort(grpc.StatusCode.INTERNAL, "50 % of\r\n\x1b[31m 緑 \x00 \x7f")
        _, told = self.issue("words", sending={"timeout_ms": 1000}, instead=dict.fromkeys(
            registry.METHODS, nobody))  # fmt: skip
        self.expect(told, "UNKNOWN")
        self.assertEqual(told.last["cause"], "BadReply")
        self.assertRegex(told.last["text"], r"50 % of +\[31m 緑")
        self.assertTrue(told.last["text"].isprintable(), told.last)

    def test_a_long_stream_is_read_to_its_end(self):
        """12,000 transactions and 3.8 MB, through both windows of HTTP/2; ours is the last."""
        life = orders.Life("long")
        order = life.issue(life.production)
        other = orders.transaction_of(life.withdraw(life.production)).SerializeToString()
        with Registry([order], heard=[UNKNOWN, FAILED],
                      options=[("grpc.max_send_message_length", 16 << 20)]) as server:
            server.streams[life.production] = [other] * 12000
            with Adapter(server.address) as adapter:
                told = adapter.send(order)[0]
        self.expect(told, "ACCEPTED", "SUCCEEDED", text="it is in the certificate's stream")
        self.assertGreater(len(server.pairs[-1][2]), 3 << 20)
        self.expect_clean(server, 1)

    def test_many_at_once_through_few_streams(self):
        """grpcio counts a stream for a moment longer than its peer can know, and then refuses
        another one; whoever is told so may send again."""
        lives = [orders.Life(f"many {i}") for i in range(40)]
        given = waiting = [life.issue(life.production) for life in lives]
        with Registry(given, options=[("grpc.max_concurrent_streams", 3)]) as server, \
                Adapter(server.address) as adapter:
            for _ in range(ROUNDS_MAX):
                refused = []
                for order, told in zip(waiting, adapter.send(*waiting)):
                    if told.last["cause"] == "NotProcessed":
                        refused.append(order)
                    else:
                        self.expect(told, "ACCEPTED", "SUCCEEDED")
                waiting = refused
                if not waiting:
                    break
        self.assertEqual(waiting, [])
        self.expect_clean(server, len(given))

    def test_what_is_never_sent(self):
        life = orders.Life("never")
        rows = [
            (life.transfer(life.production, people.ALICE), "a transfer to oneself"),
            (life.transfer(life.production, people.ALICE, owner=people.CAROL),
             "only the public key"),
            (life.slice(life.production, (1, people.ALICE), (1, people.BOB)), "add up"),
        ]
        with Registry() as server, Adapter(server.address) as adapter:
            for order, why in rows:
                told = adapter.send(order)[0]
                self.assertIn(why, told.invalid)
                self.assertEqual(told.replies, [])
        self.assertEqual((server.pairs, server.problems), ([], []))

    def test_in_secret(self):
        life = orders.Life("in secret")
        order = life.issue(life.production)
        with tls.Authority() as trusted, tls.Authority() as other:
            credentials = grpc.ssl_server_credentials([trusted.vouch_for()])
            with Registry([order], credentials=credentials) as server:
                with Adapter(server.address, ca=other.file) as adapter:
                    told = adapter.send(order, timeout_ms=1000)[0]
                    self.expect(told, "NOT_SENT")
                self.expect_clean(server, 0)
                with Adapter(server.address, ca=trusted.file) as adapter:
                    self.expect(adapter.send(order)[0], "ACCEPTED", "SUCCEEDED")
        self.expect_clean(server, 1)

    def test_a_registry_that_asks_who_we_are(self):
        life = orders.Life("who we are")
        order = life.issue(life.production)
        with tls.Authority() as trusted:
            credentials = grpc.ssl_server_credentials([trusted.vouch_for()],
                                                      trusted.pem, require_client_auth=True)
            own = [trusted.write(name, data)
                   for name, data in zip(("key", "own"), trusted.vouch_for("millrace"))]
            with Registry([order], credentials=credentials) as server:
                with Adapter(server.address, ca=trusted.file) as adapter:
                    self.expect(adapter.send(order, timeout_ms=1000)[0], "NOT_SENT")
                self.expect_clean(server, 0)
                with Adapter(server.address, ca=trusted.file, own=own) as adapter:
                    self.expect(adapter.send(order)[0], "ACCEPTED", "SUCCEEDED")
        self.expect_clean(server, 1)

    def test_what_another_has_sent_can_be_asked_for(self):
        life = orders.Life("asked for")
        issue, refused = life.issue(life.production), life.withdraw(life.consumption)
        forgotten, never = life.issue(life.consumption), life.transfer(life.production, people.BOB)
        with Registry([issue, refused, forgotten], heard=()) as server:
            with Adapter(server.address) as sender:
                for order in (issue, refused, forgotten):
                    told = sender.send(order)[0]
                    self.expect(told, "ACCEPTED", "REFUSED" if order is refused else "SUCCEEDED")
            del server.verdicts[told.id]  # as after an hour; it stays in its stream
            with Adapter(server.address) as asker:
                told = [asker.ask(order, timeout_ms=SHORT_MS)[0]
                        for order in (issue, refused, forgotten, never)]
        self.assertEqual([[*one.kinds, one.last["learnt"]] for one in told],
                         [["SUCCEEDED", "Status"], ["REFUSED", "Status"], ["SUCCEEDED", "Stream"],
                          ["UNKNOWN", ""]])
        self.assertEqual(told[1].last["text"], "Certificate does not exist")
        self.expect_clean(server, 3)

    def test_a_registry_that_is_away(self):
        life = orders.Life("away")
        with socket.socket() as held:  # so that nobody else gets its port
            held.bind((tls.HOST, 0))
            with Adapter(f"http://{tls.HOST}:{held.getsockname()[1]}") as adapter:
                told = adapter.send(life.issue(life.production), timeout_ms=500)[0]
        self.expect(told, "NOT_SENT")
        self.assertEqual(told.last["cause"], "ConnectFailed")

    def test_the_contract_is_the_repositorys(self):
        self.assertEqual(len([name for name in contract.FILES if "google" not in name]), 5)


if __name__ == "__main__":
    unittest.main()
