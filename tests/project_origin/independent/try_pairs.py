"""Every pair of request and reply, as it was once seen between our adapter and a registry on
grpcio, and between a client on grpcio and our stand-in: ../golden/pairs.json. Both conversations
are held again here and must be the same, byte for byte; and what Python reads in each message is
what stands there. tests/unit/project_origin_pairs_test.c asks the same of our C. record_pairs.py
writes the file.
"""

import json
import unittest

import contract
import grpc
import orders
import people
import wire
from adapter import Adapter
from orders import Life, transaction_of
from registry import FAILED, FINALIZED, PENDING, UNKNOWN, Registry, id_of
from standin import METHODS, Standin

GOLDEN = contract.ROOT / "tests" / "project_origin" / "golden" / "pairs.json"
ADAPTER, STANDIN = "our adapter, a registry on grpcio", "a client on grpcio, our stand-in"


def shown(message_class, data):
    message = message_class.FromString(data)
    return {"message": message_class.DESCRIPTOR.full_name, "value": contract.value(message),
            "bytes": data.hex()}  # fmt: skip


def pair(between, method, request, reply):
    """`reply`: bytes, or code and words of an error."""
    _, request_class, reply_class = METHODS[method]
    row = {"between": between, "method": method, "request": shown(request_class, request)}
    if isinstance(reply, bytes):
        return {**row, "reply": shown(reply_class, reply)}
    return {**row, "status": {"code": reply[0], "words": reply[1]}}


def adapter_pairs():
    """Each operation; each status; a stream without, with two, and with many transactions."""
    life = Life("golden")
    given = life.whole()
    refused = life.transfer(life.production, people.CAROL, slice_id=orders.uid("golden", "none"))
    twice = life.issue(life.production)
    late = Life("golden, late")
    found, final = late.issue(late.production), late.issue(late.consumption)
    every = []
    with Registry([*given, refused, twice, found, final]) as server, \
            Adapter(server.address) as adapter:
        for order in (*given, refused, twice):
            adapter.send(order)
        server.heard = (UNKNOWN, FAILED)
        adapter.send(found)
        server.heard, server.committed = (PENDING,), FINALIZED
        adapter.send(final)
        assert server.problems == [], server.problems
        every = server.pairs
    return [pair(ADAPTER, *one) for one in every]


def standin_pairs():
    """Each method, each status, and each error that is no fault."""
    life = Life("golden")
    rows = []
    with Standin("--latency=fixed:60m", "--finalize-after=60m") as standin:

        def ask(method, value, raw=None):
            _, request, _ = METHODS[method]
            data = contract.fill(request(), value).SerializeToString() if raw is None else raw
            try:
                reply = standin.call_raw(method, data)
            except grpc.RpcError as error:
                reply = (error.code().value[0], error.details())
            rows.append(pair(STANDIN, method, data, reply))

        def send(transaction):
            standin_request = METHODS["SendTransactions"][1](transactions=[transaction])
            ask("SendTransactions", None, standin_request.SerializeToString())
            return id_of(transaction.SerializeToString())

        for order in life.whole():
            name = send(transaction_of(order))
            ask("GetTransactionStatus", {"id": name})
            standin.post("/clock", "60m")
            standin.outcome(name, PENDING)
            ask("GetTransactionStatus", {"id": name})
        refused = send(transaction_of(life.issue(life.production)))
        standin.post("/clock", "60m")
        standin.outcome(refused, PENDING)
        standin.outcome(name, 3)
        for other in (refused, name, "AAAA", "no Base64!"):
            ask("GetTransactionStatus", {"id": other})
        for certificate_id in (life.production, life.consumption, orders.uid("nobody's"), "x"):
            ask("GetStreamTransactions", {"stream_id": {"value": certificate_id}})
        ask("GetStreamTransactions", {})
        ask("SendTransactions", {})
        ask("SendTransactions", {"transactions": [{}]})
        ask("GetBlocks", {"skip": 1, "limit": 10, "include_transactions": True})
        ask("GetTransactionProof", {"id": refused})
    return rows


def seen():
    rows = []
    for row in (*adapter_pairs(), *standin_pairs()):
        if row not in rows:
            rows.append(row)
    return rows


def text(rows):
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    return '{"pairs": [\n' + ",\n".join(lines) + "\n]}\n"


class Pairs(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.golden = json.loads(GOLDEN.read_text(encoding="utf-8"))["pairs"]

    def test_both_conversations_are_the_same_again(self):
        now = seen()
        for row in now:
            self.assertIn(row, self.golden)
        self.assertEqual(len(now), len(self.golden))

    def test_each_message_is_read_and_written_as_it_stands(self):
        for row in self.golden:
            for side in (row["request"], row.get("reply")):
                if side is None:
                    continue
                name, data = side["message"].removeprefix(contract.PACKAGE), bytes.fromhex(
                    side["bytes"])
                message = contract.message(name).FromString(data)
                self.assertEqual(contract.value(message), side["value"])
                again = contract.fill(contract.message(name)(), side["value"])
                self.assertEqual(again.SerializeToString(), data)
                if name not in ("registry.v1.GetBlocksResponse",):
                    self.assertEqual(wire.read(name, data)["raw"], data)

    def test_all_is_in_them(self):
        said = {(row["between"], row["method"]) for row in self.golden}
        asked = ["SendTransactions", "GetTransactionStatus", "GetStreamTransactions"]
        self.assertEqual(said, {*((STANDIN, method) for method in METHODS),
                                *((ADAPTER, method) for method in asked)})
        for between in (ADAPTER, STANDIN):
            rows = [row for row in self.golden if row["between"] == between]
            kinds = {sent["header"]["payload_type"] for row in rows
                     for sent in row["request"]["value"].get("transactions", []) if sent}
            self.assertEqual(len(kinds), len(orders.EVENTS), between)
            statuses = {row["reply"]["value"].get("status", 0) for row in rows
                        if row["method"] == "GetTransactionStatus" and "reply" in row}
            self.assertEqual(statuses, set(range(5)), between)


if __name__ == "__main__":
    unittest.main()
