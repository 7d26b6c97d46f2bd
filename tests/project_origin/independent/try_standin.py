"""A client on grpcio against our stand-in: it must behave as the real registry does."""

import unittest

import contract
import grpc
import orders
import people
import proofs
import tls
from orders import Life, stream, transaction_of, uid
from people import ALICE, BOB, CAROL
from registry import COMMITTED, FAILED, FINALIZED, PENDING, UNKNOWN, id_of
from standin import Standin

THROWN = "Exception was thrown by handler."


def own_id(transaction):
    return id_of(transaction.SerializeToString())


class AgainstStandin(unittest.TestCase):
    def settled(self, standin, transaction):
        self.assertEqual(standin.send(transaction), b"")
        return standin.outcome(own_id(transaction), PENDING)

    def expect_committed(self, standin, *given):
        for order in given:
            self.assertEqual(self.settled(standin, transaction_of(order)), (COMMITTED, ""), order)

    def expect_error(self, code, words, call, *arguments):
        with self.assertRaises(grpc.RpcError) as caught:
            call(*arguments)
        self.assertEqual((caught.exception.code(), caught.exception.details()), (code, words))

    def test_each_operation_once(self):
        life = Life("each")
        given = life.whole()
        with Standin() as standin:
            self.expect_committed(standin, *given)
            for certificate_id in (life.production, life.consumption):
                self.assertEqual(standin.stream(certificate_id),
                                 [transaction_of(order) for order in given
                                  if order["certificateId"] == certificate_id])
            self.assertEqual((standin.count("request"), standin.count("execution")), (10, 10))

    def expect_refused(self, standin, rows):
        for transaction, words in rows:
            self.assertEqual(self.settled(standin, transaction), (FAILED, words))

    def test_refusals_before_anything_is_issued(self):
        life = Life("nothing")
        own, other = life.production, life.consumption
        issue = life.issue(own)
        short = {"start": {"seconds": 1767225600}, "end": {"seconds": 1767225659}}
        long = {"start": {"seconds": 1767225600}, "end": {"seconds": 1767229201}}
        name, value = orders.event_of(issue)
        payload = contract.fill(contract.event(name)(), value).SerializeToString()

        def whole(**changed):
            given = {"stream_value": stream(own), "name": name, "payload": payload,
                     "signer": people.GRID, "nonce": uid("whole", str(changed)), **changed}
            return orders.signed(**given)
        with Standin() as standin:
            self.expect_refused(standin, [
                (transaction_of(issue, type=0), "Invalid certificate type"),
                (transaction_of(issue, owner_public_key={"content": "05" * 33}),
                 "Invalid owner key, not a valid publicKey"),
                (transaction_of(issue, period=long), "Invalid period, maximum period is 1 hour"),
                (transaction_of(issue, period=short), "Invalid period, minimum period is 1 minute"),
                (transaction_of(issue, grid_area="DK3"), "No issuer found for GridArea ”DK3”"),
                (transaction_of(issue, signer=people.Issuer("x", 9)),
                 "Invalid issuer signature for GridArea ”DK1”"),
                (whole(stream_value={**stream(own), "registry": "Elsewhere"}),
                 "Invalid registry for transaction"),
                (whole(name="BurntEvent"), "Could not deserialize unknown type "
                 "”project_origin.electricity.v1.BurntEvent”"),
                (whole(payload=b"\xff"), "Could not deserialize invalid payload of type "
                 "”project_origin.electricity.v1.IssuedEvent”"),
                (transaction_of(life.withdraw(own)), "Certificate does not exist"),
                (transaction_of(life.transfer(own, BOB)), "Certificate does not exist"),
                (transaction_of(life.slice(own, (1, ALICE), (999, BOB))),
                 "Certificate does not exist"),
                (transaction_of(life.allocate(own, uid("a"), uid("b"), 1)),
                 "Certificate does not exist"),
                (transaction_of(life.claim(other, uid("a"), 1)), "Certificate does not exist"),
                (transaction_of(life.claim(other, uid("a"), 1, kind="unclaim")),
                 "Certificate does not exist"),
            ])  # fmt: skip

    def test_refusals_of_what_owners_do(self):
        life, other = Life("refusals"), Life("other refusals")
        own, counter = life.production, life.consumption
        slice_id, counter_slice = life.first_slice(own), life.first_slice(counter)
        bad_key = {"new_owner": {"content": "05" * 33}}
        halves = life.slice(own, (400, ALICE), (600, BOB))
        label, left, right, difference = orders.statement_of(halves)
        bad_sum = proofs.prove_equal(label, left, right, difference + 1, 1)
        allocate = life.allocate(own, slice_id, counter_slice, 1000)
        matching = life.allocate(counter, counter_slice, slice_id, 1000)
        claim, counter_claim = life.claim(own, slice_id, 1000), life.claim(counter, counter_slice,
                                                                          1000)
        unclaim = life.claim(own, slice_id, 1000, kind="unclaim")
        with Standin() as standin:
            self.expect_committed(standin, life.issue(own))
            self.expect_refused(standin, [
                (transaction_of(life.issue(own)),
                 f'Certificate with id ”{{ "value": "{own}" }}” already exists'),
                (transaction_of(life.transfer(own, BOB, slice_id=uid("none"))), "Slice not found"),
                (transaction_of(life.transfer(own, CAROL), signer=BOB),
                 "Invalid signature for slice"),
                (transaction_of(life.transfer(own, BOB), **bad_key),
                 "Invalid NewOwner key, not a valid publicKey"),
                (transaction_of(halves, signer=BOB), "Invalid signature for slice"),
                (transaction_of(halves, source_slice_hash="00" * 32), "Slice not found"),
                (transaction_of(halves, bad_sum), "Invalid sum proof"),
                (transaction_of(life.allocate(own, uid("none"), counter_slice, 1000)),
                 "Certificate slice does not exist"),
                (transaction_of(allocate, signer=BOB), "Invalid signature for slice"),
                (transaction_of(allocate), "ConsumptionCertificate does not exist"),
            ])  # fmt: skip
            self.expect_committed(standin, life.issue(counter))
            self.expect_refused(standin, [
                (transaction_of(life.allocate(own, slice_id, uid("none"), 1000)),
                 "Consumption slice does not exist"),
                (transaction_of(allocate, bytes(64)), "Invalid Equality proof"),
                (transaction_of(matching), "Production not allocated"),
                (transaction_of(claim), "Allocation does not exist"),
            ])  # fmt: skip
            self.expect_committed(standin, allocate)
            self.expect_refused(standin, [
                (transaction_of(claim, signer=BOB), "Invalid signature for slice"),
                (transaction_of(claim), "Consumption not allocated"),
            ])  # fmt: skip
            self.expect_committed(standin, matching)
            self.expect_refused(standin, [
                (transaction_of(counter_claim), "Production not claimed"),
            ])  # fmt: skip
            self.expect_committed(standin, claim)
            self.expect_refused(standin, [
                (transaction_of(unclaim, signer=BOB), "Invalid signature for claim"),
                (transaction_of(unclaim), "Opposite certificate is NOT withdrawn"),
                (transaction_of(life.withdraw(own), signer=people.Issuer("x", 9)),
                 "Invalid issuer signature for GridArea ”DK1”"),
                (transaction_of(other.claim(own, slice_id, 1000, kind="unclaim")),
                 "Certificate claim does not exist"),
            ])  # fmt: skip
            self.expect_committed(standin, life.withdraw(counter))
            self.expect_refused(standin, [
                (transaction_of(life.withdraw(counter)), "Certificate is already withdrawn"),
                (transaction_of(counter_claim), "Certificate is withdrawn"),
            ])  # fmt: skip

    def matched(self, name):
        """Two certificates, what allocates both, and what claims both."""
        life = Life(name)
        sides = ((life.production, life.first_slice(life.production)),
                 (life.consumption, life.first_slice(life.consumption)))
        return (life, [life.issue(certificate_id) for certificate_id, _ in sides],
                [life.allocate(*own, other[1], 1000) for own, other in (sides, sides[::-1])],
                [life.claim(*own, 1000) for own in sides])

    def test_claims_with_one_that_is_withdrawn(self):
        with Standin() as standin:
            life, issues, allocations, claims = self.matched("consumption withdrawn")
            self.expect_committed(standin, *issues, *allocations, life.withdraw(life.consumption))
            self.expect_refused(standin, [
                (transaction_of(claims[0]), "ConsumptionCertificate is withdrawn")])
            life, issues, allocations, claims = self.matched("production withdrawn")
            self.expect_committed(standin, *issues, *allocations, claims[0],
                                  life.withdraw(life.production))
            self.expect_refused(standin, [
                (transaction_of(claims[1]), "ProductionCertificate is withdrawn")])

    def test_certificates_expire(self):
        life = Life("expired")
        hour = {"start": {"seconds": 946684800}, "end": {"seconds": 946688400}}
        issue = transaction_of(life.issue(life.production), period=hour)
        with Standin("--expire-days=60") as standin:
            self.assertEqual(self.settled(standin, issue), (COMMITTED, ""))
            self.expect_refused(standin, [(transaction_of(life.transfer(life.production, BOB)),
                                           "Certificate has expired")])

    def test_a_chronicler_must_sign_allocations(self):
        chronicler, other = people.Issuer("chronicler", 7), people.Issuer("other", 8)
        _, issues, allocations, _ = self.matched("chronicler")

        def signed(order, signer):
            it = order["operation"]["allocate"]
            intent = contract.fill(contract.message("chronicler.v1.ClaimIntent")(), {
                "certificate_id": stream(order["certificateId"]),
                "commitment": orders.commitment(order["certificateId"], it["sliceId"],
                                                1000).hex()})  # fmt: skip
            signature = signer.sign(intent.SerializeToString())
            return transaction_of(order, chronicler_signature=signature.hex())
        with Standin(f"--chronicler={people.AREA}={chronicler.raw.hex()}") as standin:
            self.expect_committed(standin, *issues)
            self.expect_refused(standin, [
                (transaction_of(allocations[0]), "Not signed by Chronicler"),
                (signed(allocations[0], other), "Not signed by Chronicler")])
            for order in allocations:
                self.assertEqual(self.settled(standin, signed(order, chronicler)), (COMMITTED, ""))

    def test_trial_and_period_of_two_that_are_matched(self):
        life = Life("matched")
        own, counter = life.production, life.consumption
        allocate = life.allocate(own, life.first_slice(own), life.first_slice(counter), 1000)
        hour = {"start": {"seconds": 1767229200}, "end": {"seconds": 1767232800}}
        rows = [
            ({"attributes": [{"key": "IsTrial", "value": "true"}]},
             f'Certificate {{ "value": "{own}" }} and {{ "value": "{counter}" }} are not of the '
             "same trial type"),
            ({"period": hour}, "Periods are not overlapping"),
            ({"type": orders.PRODUCTION},
             "ConsumptionCertificate is not a consumption certificate"),
        ]  # fmt: skip
        for changed, words in rows:
            with self.subTest(words), Standin() as standin:
                self.expect_committed(standin, life.issue(own))
                issue = transaction_of(life.issue(counter), **changed)
                self.assertEqual(self.settled(standin, issue), (COMMITTED, ""))
                self.expect_refused(standin, [(transaction_of(allocate), words)])

    def test_statuses_over_time(self):
        life = Life("statuses")
        issue, again = transaction_of(life.issue(life.production)), transaction_of(
            life.issue(life.production))
        with Standin("--latency=fixed:10m", "--finalize-after=10m") as standin:
            self.assertEqual(standin.status(own_id(issue)), (UNKNOWN, ""))
            standin.send(issue)
            standin.send(again)
            self.assertEqual(standin.status(own_id(issue)), (PENDING, ""))
            self.assertEqual(standin.stream(life.production), [])
            standin.post("/clock", "10m")
            self.assertEqual(standin.outcome(own_id(issue), PENDING), (COMMITTED, ""))
            self.assertEqual(standin.status(own_id(again)), (PENDING, ""))
            standin.post("/clock", "20m")
            status, words = standin.outcome(own_id(again), PENDING)
            self.assertEqual((status, words[-16:]), (FAILED, "” already exists"))
            self.assertEqual(standin.outcome(own_id(issue), COMMITTED), (FINALIZED, ""))
            standin.post("/clock", "85m")  # an hour and more later
            self.assertEqual(standin.status(own_id(again)), (UNKNOWN, ""), "forgotten")
            self.assertEqual(standin.status(own_id(issue)), (FINALIZED, ""), "in its stream")

    def test_nothing_is_deduplicated(self):
        life = Life("same bytes")
        there = transaction_of(life.transfer(life.production, BOB))
        back = transaction_of(life.transfer(life.production, ALICE, owner=BOB))
        with Standin() as standin:
            self.expect_committed(standin, life.issue(life.production))
            for transaction in (there, back):
                self.assertEqual(self.settled(standin, transaction), (COMMITTED, ""))
            standin.send(there)
            standin.outcome(own_id(there), PENDING)
            self.assertEqual(standin.stream(life.production)[1:], [there, back, there])

    def test_a_call_of_several_is_not_atomic(self):
        life = Life("several")
        issue = transaction_of(life.issue(life.production))
        other = transaction_of(life.issue(life.consumption))
        nothing = contract.registry("Transaction")()
        with Standin() as standin:
            self.expect_error(grpc.StatusCode.UNKNOWN, THROWN, standin.send, issue, nothing, other)
            self.assertEqual(standin.outcome(own_id(issue), PENDING), (COMMITTED, ""))
            self.assertEqual(standin.status(own_id(nothing)), (PENDING, ""))
            self.assertEqual(standin.status(own_id(other)), (UNKNOWN, ""))
            standin.send(other, transaction_of(life.transfer(life.production, BOB)))
            self.assertEqual(standin.outcome(own_id(other), PENDING), (COMMITTED, ""))

    def test_questions_that_are_none(self):
        with Standin() as standin:
            rows = [("GetTransactionStatus", {"id": "no Base64!"}),
                    ("GetStreamTransactions", {"stream_id": {"value": "x"}}),
                    ("GetStreamTransactions", {})]
            for method, value in rows:
                self.expect_error(grpc.StatusCode.UNKNOWN, THROWN, standin.call, method, value)
            self.assertEqual(standin.status("AAAA"), (UNKNOWN, ""))
            self.assertEqual(standin.stream(uid("nobody's")), [])
            self.assertEqual(list(standin.call("GetBlocks", {"limit": 10}).blocks), [])
            self.expect_error(grpc.StatusCode.UNIMPLEMENTED, "", standin.call,
                              "GetTransactionProof", {"id": "AAAA"})  # fmt: skip
            self.expect_error(grpc.StatusCode.UNIMPLEMENTED, "Method is unimplemented.",
                              standin.call_raw, f"/{contract.SERVICE}/Burn", b"")
            self.expect_error(grpc.StatusCode.UNIMPLEMENTED, "Service is unimplemented.",
                              standin.call_raw, "/other.Service/Burn", b"")
            self.expect_error(grpc.StatusCode.UNKNOWN, THROWN, standin.call_raw,
                              "SendTransactions", b"\xff")

    def test_faults_as_another_client_sees_them(self):
        life = Life("faults")
        issue = transaction_of(life.issue(life.production))
        rows = [("unavailable", grpc.StatusCode.UNAVAILABLE, UNKNOWN),
                ("fail", grpc.StatusCode.UNKNOWN, UNKNOWN),
                ("reset", grpc.StatusCode.INTERNAL, UNKNOWN),
                ("hang-up", grpc.StatusCode.UNAVAILABLE, UNKNOWN),
                ("unavailable-after", grpc.StatusCode.UNAVAILABLE, COMMITTED),
                ("fail-executed", grpc.StatusCode.UNKNOWN, COMMITTED),
                ("half-reply", grpc.StatusCode.UNAVAILABLE, COMMITTED)]
        for action, code, status in rows:
            with self.subTest(action), Standin(f"--{action}=*") as standin:
                with self.assertRaises(grpc.RpcError) as caught:
                    standin.send(issue)
                self.assertEqual(caught.exception.code(), code)
                standin.connect_anew()
                self.assertEqual(standin.outcome(own_id(issue), PENDING), (status, ""))
                self.assertEqual(standin.count("request"), 1)

    def test_in_secret(self):
        with tls.Authority() as trusted, tls.Authority() as other:
            key, certificate = trusted.vouch_for()
            files = [f"--tls-key={trusted.write('key.pem', key)}",
                     f"--tls-certificate={trusted.write('certificate.pem', certificate)}"]
            ours = grpc.ssl_channel_credentials(trusted.pem)
            life = Life("in secret")
            with Standin(*files, credentials=ours) as standin:
                self.expect_committed(standin, *life.whole())
                self.expect_away(standin, grpc.ssl_channel_credentials(other.pem))
                self.expect_away(standin, None)
            named = grpc.ssl_channel_credentials(trusted.pem, *trusted.vouch_for("a client"))
            with Standin(*files, f"--tls-client-ca={trusted.file}", credentials=named) as standin:
                self.expect_committed(standin, life.issue(life.production))
                self.expect_away(standin, ours)

    def expect_away(self, standin, credentials):
        with standin.channel_with(credentials) as channel:
            with self.assertRaises(grpc.RpcError) as caught:
                standin.call("GetTransactionStatus", {"id": "AAAA"}, channel)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)


if __name__ == "__main__":
    unittest.main()
