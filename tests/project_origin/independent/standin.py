"""`millrace standin --protocol project-origin` in a process of its own, and a client of it on
grpcio."""

import contextlib
import os
import random
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import contract
import grpc
import orders
import people
from tls import HOST

MILLRACE = contract.ROOT / os.environ.get("BUILD", "build/plain") / "millrace"
METHODS = contract.methods()
PATIENCE_S = 10


def free_port():
    """None that the kernel gives to others meanwhile: those begin at 32768."""
    while True:
        port = random.randrange(20000, 32768)
        with socket.socket() as it, contextlib.suppress(OSError):
            it.bind((HOST, port))
            return port


class Standin:
    """`credentials`: those of a channel, where TLS is spoken; `arguments`: of the stand-in."""

    def __init__(self, *arguments, credentials=None):
        self.arguments, self.credentials = arguments, credentials

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.ledger = Path(self.directory.name) / "ledger"
        self.port, self.admin = free_port(), free_port()
        self.process = subprocess.Popen([
            MILLRACE, "standin", "--protocol=project-origin", f"--listen={HOST}:{self.port}",
            f"--admin={HOST}:{self.admin}", f"--ledger={self.ledger}",
            f"--registry={orders.OWN_NAME}", f"--issuer={people.AREA}={people.GRID.raw.hex()}",
            "--proofs=sum-and-equality", *self.arguments], stderr=subprocess.DEVNULL)  # fmt: skip
        self.await_port()
        self.channel = self.channel_with(self.credentials)
        return self

    def __exit__(self, *_):
        self.channel.close()
        self.process.terminate()
        try:
            code = self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()
            self.directory.cleanup()
        assert code == 0, f"the stand-in ended with {code}"

    def channel_with(self, credentials):
        """No call is ever repeated by the library, and each channel has its own connection."""
        options = [("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1)]
        address = f"{HOST}:{self.port}"
        return (grpc.secure_channel(address, credentials, options) if credentials
                else grpc.insecure_channel(address, options))  # fmt: skip

    def connect_anew(self):
        """The library hears only after a while that its connection has ended."""
        self.channel.close()
        self.channel = self.channel_with(self.credentials)

    def await_port(self):
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection((HOST, self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None, "the stand-in has ended"
                assert time.monotonic() < until, "the stand-in does not listen"
                time.sleep(0.005)

    def post(self, path, body):
        request = urllib.request.Request(f"http://{HOST}:{self.admin}{path}", body.encode(),
                                         method="POST")
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.read().decode()

    def call_raw(self, method, data, channel=None):
        """Bytes to bytes; a grpc.RpcError says what else came."""
        path = METHODS[method][0] if method in METHODS else method
        return (channel or self.channel).unary_unary(path)(data, timeout=PATIENCE_S)

    def call(self, method, value, channel=None):
        _, request, reply = METHODS[method]
        data = contract.fill(request(), value).SerializeToString()
        return reply.FromString(self.call_raw(method, data, channel))

    def send(self, *transactions):
        data = METHODS["SendTransactions"][1](transactions=transactions).SerializeToString()
        return self.call_raw("SendTransactions", data)

    def status(self, transaction_id):
        reply = self.call("GetTransactionStatus", {"id": transaction_id})
        return reply.status, reply.message

    def outcome(self, transaction_id, *passing):
        """The status that comes behind those that pass."""
        until = time.monotonic() + PATIENCE_S
        while (status := self.status(transaction_id))[0] in passing:
            assert time.monotonic() < until, f"the status stays {status}"
            time.sleep(0.002)
        return status

    def stream(self, certificate_id):
        reply = self.call("GetStreamTransactions", {"stream_id": {"value": certificate_id}})
        return list(reply.transactions)

    def count(self, what):
        return self.ledger.read_text(encoding="utf-8").count(f'"what":"{what}"')
