"""Registries that answer as none should, frame by frame (RFC 9113): whatever they do to a call is
in one function. Only headers are read and written by a library (hpack)."""

import contextlib
import socket
import struct
import threading

import contract
import hpack
from tls import HOST

DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE = (
    0, 1, 3, 4, 5, 6, 7, 8)  # fmt: skip
END_STREAM, ACK, END_HEADERS = 1, 1, 4
NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 0, 2, 7, 8, 11
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SEND, STATUS, STREAM = "SendTransactions", "GetTransactionStatus", "GetStreamTransactions"
OK_HEADERS = [(":status", "200"), ("content-type", "application/grpc")]
OK_TRAILERS = [("grpc-status", "0")]
PATIENCE_S = 20


def frame(kind, flags, stream_id, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(
        ">I", stream_id) + payload


def message(payload, compressed=0):
    return bytes([compressed]) + struct.pack(">I", len(payload)) + payload


class Connection:
    """One connection, in a thread of its own."""

    def __init__(self, server, link):
        self.server, self.link, self.open = server, link, {}
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.gone = threading.Event()
        self.lock = threading.Lock()
        self.beside = []

    def send(self, *parts):
        with self.lock:
            self.link.sendall(b"".join(parts))

    def go_on(self, part_of):
        """Send this again and again, until the client goes, beside what else is asked."""
        def run():
            with contextlib.suppress(OSError):
                for n in range(PATIENCE_S * 20):
                    self.send(part_of(n))
                    if self.gone.wait(0.05):
                        return
        self.beside.append(threading.Thread(target=run))
        self.beside[-1].start()

    def read(self, length):
        data = b""
        while len(data) < length:
            more = self.link.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    # Pieces of answers.

    def headers(self, stream_id, fields, *, end=False, flags=END_HEADERS):
        return frame(HEADERS, flags | (END_STREAM if end else 0), stream_id,
                     self.encoder.encode(fields))

    def begin(self, stream_id):
        self.send(self.headers(stream_id, OK_HEADERS))

    def data(self, stream_id, data, *, end=False):
        self.send(frame(DATA, END_STREAM if end else 0, stream_id, data))

    def end(self, stream_id, trailers=tuple(OK_TRAILERS)):
        self.send(self.headers(stream_id, list(trailers), end=True))

    def answer(self, stream_id, reply):
        self.begin(stream_id)
        self.data(stream_id, message(reply))
        self.end(stream_id)

    def status_only(self, stream_id, *fields):
        self.send(self.headers(stream_id, [*OK_HEADERS, *fields], end=True))

    def reset(self, stream_id, code):
        self.send(frame(RST_STREAM, 0, stream_id, struct.pack(">I", code)))

    def goaway(self, last_stream_id, code=NO_ERROR):
        self.send(frame(GOAWAY, 0, 0, struct.pack(">II", last_stream_id, code)))

    def hang_up(self, *, reset=False):
        if reset:
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.link.close()
        raise EOFError

    # What comes in.

    def run(self):
        with contextlib.suppress(OSError, EOFError), self.link:
            if self.server.greeting is not None:
                self.server.greeting(self)
            else:
                self.greet()
            if self.read(len(PREFACE)) != PREFACE:
                self.server.problems.append("no preface")
            while True:
                length = int.from_bytes(self.read(3), "big")
                kind, flags = self.read(2)
                stream_id = int.from_bytes(self.read(4), "big")
                self.take(kind, flags, stream_id, self.read(length))
        self.gone.set()
        for thread in self.beside:
            thread.join(PATIENCE_S)

    def greet(self, *settings):
        """Settings: number and value, in turns."""
        self.send(frame(SETTINGS, 0, 0, b"".join(
            struct.pack(">HI", *pair) for pair in zip(settings[::2], settings[1::2]))))

    def take(self, kind, flags, stream_id, payload):
        if kind == SETTINGS and not flags & ACK:
            self.send(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, 0, payload))
        elif kind == HEADERS:
            fields = dict(self.decoder.decode(payload))
            method = fields[":path"].rpartition("/")[2]
            self.open[stream_id] = (method, bytearray())
            self.server.has_come(method)
        elif kind == DATA:
            self.open[stream_id][1].extend(payload)
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            method, data = self.open.pop(stream_id)
            self.server.answer(self, stream_id, method, bytes(data[5:]))


class BadServer:
    """`way` is done to those calls for which `applies(method, n)`; n counts the calls of that
    method from 1. The others are answered well: taken, and committed."""

    def __init__(self, way=None, applies=lambda method, n: True, greeting=None):
        self.way, self.applies, self.greeting = way, applies, greeting
        self.lock = threading.Lock()
        self.begun, self.counts = {}, {}  # calls of which something came; those that were whole
        self.sent = None  # the transaction
        self.said_executed = False
        self.problems = []
        self.listener = socket.create_server((HOST, 0))
        self.address = f"http://{HOST}:{self.listener.getsockname()[1]}"
        self.connections = []
        self.thread = threading.Thread(target=self.listen)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(PATIENCE_S)
        self.listener.close()
        for connection, thread in self.connections:
            with contextlib.suppress(OSError):
                connection.link.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_S)

    def listen(self):
        with contextlib.suppress(OSError):
            while True:
                link, _ = self.listener.accept()
                connection = Connection(self, link)
                thread = threading.Thread(target=connection.run)
                self.connections.append((connection, thread))
                thread.start()

    def has_come(self, method):
        with self.lock:
            self.begun[method] = self.begun.get(method, 0) + 1

    def answer(self, connection, stream_id, method, data):
        with self.lock:
            n = self.counts[method] = self.counts.get(method, 0) + 1
            if method == SEND:
                self.sent = data
        if self.way is not None and self.applies(method, n):
            self.way(connection, stream_id)
            return
        if method == SEND:
            reply = b""
        elif method == STATUS:
            reply = contract.registry("GetTransactionStatusResponse")(status=3).SerializeToString()
        else:
            reply = self.sent  # both are a list of transactions, in field 1
        self.said_executed = self.said_executed or method != SEND
        connection.answer(stream_id, reply)


# --- What is done to a call. ---


def bytes_(*parts):
    def way(c, _):
        c.send(*parts)
    return way


def of_stream(kind, flags, payload):
    def way(c, i):
        c.send(frame(kind, flags, i, payload))
    return way


def fields(*given):
    def way(c, i):
        c.send(c.headers(i, list(given), end=True))
    return way


def whole(*given):
    """An answer in which all is right but these headers."""
    def way(c, i):
        c.send(c.headers(i, list(given)))
        c.data(i, message(b""))
        c.end(i)
    return way


def status(*given):
    def way(c, i):
        c.status_only(i, *given)
    return way


def body(*parts, trailers=tuple(OK_TRAILERS)):
    def way(c, i):
        c.begin(i)
        for part in parts:
            c.data(i, part)
        if trailers is not None:
            c.end(i, trailers)
    return way


def resets(code):
    def way(c, i):
        c.reset(i, code)
    return way


def silence(_, __):
    pass


def headers_of_another_stream(c, i):
    c.send(c.headers(i + 100, OK_HEADERS))


def headers_cut(c, i):
    c.send(c.headers(i, OK_HEADERS, flags=0), frame(DATA, 0, i, message(b"")))


def page(c, i):
    c.send(c.headers(i, [(":status", "502"), ("content-type", "text/html")]))
    c.data(i, b"<html>Bad gateway</html>", end=True)


def no_trailers(c, i):
    c.begin(i)
    c.data(i, message(b""), end=True)


def promise(c, i):
    c.send(frame(PUSH_PROMISE, END_HEADERS, i, struct.pack(">I", 2) + c.encoder.encode(
        [(":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", "x")])))


def begin_and_wait(c, i):
    c.begin(i)


def half_and_wait(c, i):
    c.begin(i)
    c.data(i, message(b"0123456789")[:9])


def now_and_then(c, i):
    """A byte of a message that never ends, until the client goes."""
    c.begin(i)
    c.data(i, struct.pack(">BI", 0, 1 << 20))
    c.go_on(lambda _: frame(DATA, 0, i, b"x"))


def pings(c, _):
    c.go_on(lambda n: frame(PING, 0, 0, struct.pack(">Q", n)))


def hang_up(c, _):
    c.hang_up()


def cut(c, _):
    c.hang_up(reset=True)


def half_a_frame(c, i):
    c.send(c.headers(i, OK_HEADERS)[:-3])
    c.hang_up()


def begin_and_hang_up(c, i):
    c.begin(i)
    c.hang_up()


def refused_behind_headers(c, i):
    c.begin(i)
    c.reset(i, REFUSED_STREAM)


def goaway_below(c, i):
    c.goaway(i - 2 if i > 1 else 0)


def goaway_in_two_steps(c, i):
    c.goaway(2**31 - 1)
    c.goaway(i - 2 if i > 1 else 0)


def goaway_below_behind_headers(c, i):
    c.begin(i)
    goaway_below(c, i)


def goaway_and_gone(c, i):
    c.goaway(i, INTERNAL_ERROR)
    c.hang_up()


def goaway_and_reset(c, i):
    c.goaway(i)
    c.reset(i, CANCEL)


def upper_case(c, i):
    c.send(frame(HEADERS, END_HEADERS | END_STREAM, i, c.encoder.encode(OK_HEADERS)
                 + b"\x00\x0bGRPC-Status\x010"))


def two_statuses(c, i):
    c.begin(i)
    c.data(i, message(b""))
    c.end(i, [("grpc-status", "0"), ("grpc-status", "14")])


CONTROLS = "%0D%0A%1B%5B31mred%00%7F%C2%9B %E7%B7%91 50%25 %zz %C0%AF"

# What breaks off or spoils an answer: nobody can say what became of the call.
SPOILT = {
    # frames
    "a frame of stream 0": bytes_(frame(DATA, 0, 0, b"x")),
    "a frame too long": bytes_(b"\xff\xff\xff\0\0\0\0\0\1", bytes(20000)),
    "settings of five bytes": bytes_(frame(SETTINGS, 0, 0, bytes(5))),
    "a ping of nine bytes": bytes_(frame(PING, 0, 0, bytes(9))),
    "a window that grows by nothing": bytes_(frame(WINDOW_UPDATE, 0, 0, bytes(4))),
    "a window beyond its bounds": bytes_(frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff")),
    "headers that nobody can read": of_stream(HEADERS, END_HEADERS, b"\xff" * 12),
    "headers that are cut": headers_cut,
    "headers of another stream": headers_of_another_stream,
    "data before headers": of_stream(DATA, END_STREAM, message(b"")),
    "a promise": promise,
    "a page of HTTP/1.1": bytes_(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    "noise": bytes_(bytes(range(255, 0, -1)) * 4),
    "a name in upper case": upper_case,
    # what an answer is made of
    "another content type": whole((":status", "200"), ("content-type", "text/html")),
    "grpc-web": whole((":status", "200"), ("content-type", "application/grpc-web")),
    "no content type": whole((":status", "200")),
    "no status of HTTP": whole(("content-type", "application/grpc")),
    "OK of 503": whole((":status", "503"), ("content-type", "application/grpc")),
    "a page of a proxy": page,
    "a redirection": fields((":status", "307"), ("location", "http://127.0.0.1:1/")),
    "no trailers": no_trailers,
    "headers alone": fields(*OK_HEADERS),
    "trailers without a status": body(message(b""), trailers=[("x", "y")]),
    "two statuses": two_statuses,
    "OK without a message": status(*OK_TRAILERS),
    "a status in words": status(("grpc-status", "OK")),
    "a status below nothing": status(("grpc-status", "-1")),
    "a status beyond all": status(("grpc-status", "99")),
    "trailers only": status(("grpc-status", "14"), ("grpc-message", "try again")),
    "words with escapes": status(("grpc-status", "2"), ("grpc-message", CONTROLS)),
    "words with control characters": status(("grpc-status", "2"),
                                            ("grpc-message", "a\r\n\x1b[31m\x00b")),
    "words that are no UTF-8": status(("grpc-status", "2"), ("grpc-message", b"\xff\xfe")),
    "many words": status(("grpc-status", "2"), ("grpc-message", "%41 %42" * 1200)),
    "many headers": status(("grpc-status", "0"), ("x", "y" * 17000)),
    "a compressed message": body(message(b"x", compressed=1)),
    "two messages": body(message(b""), message(b"")),
    "half a message": body(message(b"0123456789")[:9]),
    "half a prefix": body(b"\0\0\0"),
    "17 MiB": body(struct.pack(">BI", 0, 17 << 20), trailers=None),
    "4 GiB": body(b"\0\xff\xff\xff\xff" + bytes(1000), trailers=None),
    "what is no protobuf": body(message(b"\xff\xff\xff\xff")),
    # silence
    "silence": silence,
    "headers and silence": begin_and_wait,
    "half a message and silence": half_and_wait,
    "a byte now and then": now_and_then,
    "pings and nothing else": pings,
    # ends
    "a farewell": hang_up,
    "a cut": cut,
    "half a frame": half_a_frame,
    "headers and a farewell": begin_and_hang_up,
    "reset": resets(INTERNAL_ERROR),
    "reset without an error": resets(NO_ERROR),
    "reset as cancelled": resets(CANCEL),
    "reset to calm down": resets(ENHANCE_YOUR_CALM),
    "refused behind headers": refused_behind_headers,
    "GOAWAY below, behind headers": goaway_below_behind_headers,
    "GOAWAY and gone": goaway_and_gone,
    "GOAWAY and reset": goaway_and_reset,
}  # fmt: skip

# By these the server says that it did nothing with the call.
UNPROCESSED = {
    "REFUSED_STREAM": resets(REFUSED_STREAM),
    "GOAWAY below": goaway_below,
    "GOAWAY in two steps": goaway_in_two_steps,
}


def nothing(_):
    pass


def says(data):
    def greeting(c):
        c.send(data)
    return greeting


def settings(*given):
    def greeting(c):
        c.greet(*given)
    return greeting


# Those to whom no call can be made: what they do to a connection.
UNREACHABLE = {
    "accepts and says nothing": nothing,
    "a farewell at once": lambda c: c.hang_up(),
    "a cut at once": lambda c: c.hang_up(reset=True),
    "HTTP/1.1": says(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "an alert of TLS": says(b"\x15\x03\x01\x00\x02\x02\x28"),
    "a banner": says(b"220 mail.example ESMTP\r\n"),
    "a ping before its settings": says(frame(PING, 0, 0, bytes(8))),
    "settings that cannot be": settings(5, 1),
    "no streams": settings(3, 0),
}
