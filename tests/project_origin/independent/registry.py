"""A registry on grpcio that executes as the real one does (queued first, executed later, asked for
afterwards) and looks at each byte that it is sent; what is wrong with them stands in `problems`."""

import base64
import hashlib
import threading
from concurrent import futures

import contract
import grpc
import orders
import people
import proofs
import wire
from books import PREFIX, Books
from tls import HOST

UNKNOWN, PENDING, FAILED, COMMITTED, FINALIZED = range(5)
METHODS = contract.methods()
PATIENCE_S = 20


def id_of(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


class Registry:
    """`known`: the orders that may come. `heard`: statuses that are given, one a question, before
    the one that is so. `committed`: the number that stands for executed."""

    def __init__(self, known=(), *, heard=(UNKNOWN, PENDING), committed=COMMITTED, credentials=None,
                 options=()):
        self.lock = threading.RLock()
        self.known = {order["submissionId"]: order for order in known}
        self.heard, self.committed = heard, committed
        self.books = Books({people.AREA: people.GRID.public})
        self.streams, self.verdicts, self.asked = {}, {}, {}
        self.sendings = []  # the bytes of each transaction that came
        self.problems = []
        self.pairs = []  # (method, request, reply or (code, words))
        self.instead = {}  # method -> what is done with its reply: (reply, context) -> reply
        self.server = grpc.server(futures.ThreadPoolExecutor(16),
                                  options=[("grpc.so_reuseport", 0), *options])
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
            contract.SERVICE, {name: grpc.unary_unary_rpc_method_handler(self.handler(name))
                               for name in METHODS}),))  # fmt: skip
        port = (self.server.add_secure_port(f"{HOST}:0", credentials) if credentials
                else self.server.add_insecure_port(f"{HOST}:0"))  # fmt: skip
        self.address = f"{'https' if credentials else 'http'}://{HOST}:{port}"

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.stop(None).wait(PATIENCE_S)

    # Bytes in, bytes out: what is read is read by wire.py, what is written by Python's protobuf.

    def handler(self, method):
        request_class = METHODS[method][1]

        def handle(data, context):
            with self.lock:
                self.look_at_call(method, data, context, request_class)
                try:
                    request = wire.read(request_class.DESCRIPTOR.full_name.removeprefix(
                        contract.PACKAGE), data)  # fmt: skip
                    reply = getattr(self, method)(request).SerializeToString()
                except Exception as wrong:  # noqa: BLE001  (told of, and the test fails by it)
                    self.problems.append(f"{method}: {wrong!r}")
                    raise
                self.pairs.append((method, data, reply))
            return self.instead[method](reply, context) if method in self.instead else reply
        return handle

    def look_at_call(self, method, data, context, request_class):
        again = request_class.FromString(data).SerializeToString()
        self.expect(again == data, f"{method}: Python writes {again.hex()} for {data.hex()}")
        left = context.time_remaining()
        self.expect(left is not None and left < 60, f"{method}: {left} s are left")
        metadata = dict(context.invocation_metadata())
        self.expect(set(metadata) <= {"user-agent"}, f"{method}: metadata {metadata}")

    def expect(self, holds, problem):
        if not holds:
            self.problems.append(problem)

    # The methods.

    def SendTransactions(self, request):
        sent = request.get("transactions", [])
        self.expect(len(sent) == 1, f"{len(sent)} transactions in a call")
        for transaction in sent:
            data = transaction["raw"]
            self.expect(data not in self.sendings, "a transaction comes a second time")
            self.sendings.append(data)
            self.look_at(transaction)
            words = self.books.judge(transaction)
            stream = transaction["header"]["federated_stream_id"]["stream_id"]["value"]
            if words is None:
                self.streams.setdefault(stream, []).append(data)
            self.verdicts[id_of(data)] = (self.committed, "") if words is None else (FAILED, words)
        return contract.registry("SubmitTransactionResponse")()

    def GetTransactionStatus(self, request):
        status, words = self.verdicts.get(request["id"], (UNKNOWN, ""))
        asked = self.asked[request["id"]] = self.asked.get(request["id"], 0) + 1
        if asked <= len(self.heard):
            status, words = self.heard[asked - 1], ""
        return contract.registry("GetTransactionStatusResponse")(status=status, message=words)

    def GetStreamTransactions(self, request):
        reply = contract.registry("GetStreamTransactionsResponse")()
        for data in self.streams.get(request["stream_id"]["value"], []):
            reply.transactions.add().ParseFromString(data)
        return reply

    # Each transaction, from its bytes.

    def look_at(self, transaction):
        header, payload = transaction["header"], transaction.get("payload", b"")
        order = self.known.get(header["nonce"])
        if order is None:
            self.problems.append(f"nobody ordered {header['nonce']}")
            return
        name, _ = orders.event_of(order)
        what = f"{name} of {order['certificateId']}"
        self.expect(header["payload_type"] == PREFIX + name, f"{what}: {header['payload_type']}")
        self.expect(header["payload_sha512"] == hashlib.sha512(payload).digest(),
                    f"{what}: another SHA-512")
        self.expect(header["federated_stream_id"]["stream_id"]["value"] == order["certificateId"]
                    and header["federated_stream_id"]["registry"] == orders.OWN_NAME,
                    f"{what}: another stream")
        signer = orders.signer_of(order)
        self.expect(people.is_signed(header["raw"], transaction["header_signature"], signer.public,
                                     signer.type), f"{what}: the signature is not {signer.name}'s")
        self.look_at_event(what, order, wire.read(f"electricity.v1.{name}", payload),
                           transaction["raw"])

    def look_at_event(self, what, order, event, data):
        kind = orders.kind_of(order)
        proof = event.get(orders.PROOFS.get(kind, ""))
        if kind in orders.PROOFS:
            label, left, right, _ = orders.statement_of(order)
            self.expect(proofs.is_equal(label, left, right, proof), f"{what}: the proof is wrong")
        # With the proof that is in it the whole must be what Python makes of the order.
        expected = orders.transaction_of(order, proof).SerializeToString()
        self.expect(expected == data, f"{what}: {data.hex()} is not {expected.hex()}")
