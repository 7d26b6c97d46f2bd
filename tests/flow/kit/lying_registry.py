"""Stands in front of the schema registry, and lies about some schemas and subjects.

    lying_registry.py PORT URL LIES

LIES is a file: {"<schema id or subject>": ["<lie>", <how often>]}; null as often: for ever.
Whatever else is asked, the real registry at URL answers.
"""

import collections
import http.server
import json
import re
import sys
import threading
import time
import urllib.error
import urllib.request

PORT, URL, LIES_FILE = int(sys.argv[1]), sys.argv[2], sys.argv[3]
with open(LIES_FILE, encoding="utf-8") as FILE:
    LIES = json.load(FILE)
SLOW_S = 8  # longer than we wait for an answer
HUGE_BYTES = 5 << 20  # more than we read
OF_ANOTHER = {"type": "record", "name": "TransferSlice", "namespace": "certificates.commands"}
told = collections.Counter()
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body, kind="application/json", length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def slow(self):
        self.answer(200, b"{", length=1000)
        until = time.monotonic() + SLOW_S
        while time.monotonic() < until:
            self.wfile.write(b" ")
            time.sleep(0.2)

    def error(self):
        self.answer(500, b'{"error_code": 50001, "message": "the store is on fire"}')

    def busy(self):
        self.answer(429, b"slow down", "text/plain", **{"Retry-After": "1"})

    def garbage(self):
        self.answer(200, b'{"schema": \x80\xff')

    def truncated(self):
        self.answer(200, b'{"schema": "', length=5000)

    def moved(self):
        self.answer(301, b"", Location="http://elsewhere.example/v7")

    def page(self):
        self.answer(200, b"<html>Please log in.</html>", "text/html")

    def huge(self):
        self.answer(200, b'{"schema": "' + b"x" * HUGE_BYTES + b'"}')

    def another(self):
        self.answer(200, json.dumps({"schema": json.dumps({**OF_ANOTHER, "fields": []})}).encode())

    def foreign(self):
        """The subject is somebody else's: ours is not registered there, and never will be."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "/compatibility/" in self.path:
            self.answer(200, b'{"is_compatible": false}')
        elif self.command == "POST":
            self.answer(404, b'{"error_code": 40403, "message": "Schema not found"}')
        elif "/config/" in self.path:
            self.answer(200, b'{"compatibilityLevel": "FULL_TRANSITIVE"}')
        else:
            schema = json.dumps({**OF_ANOTHER, "fields": []})
            self.answer(200, json.dumps({"id": 1, "version": 1, "schema": schema}).encode())

    def lie(self):
        """False: the truth is asked for, or its time has come."""
        about = re.search(r"/(?:schemas/ids|subjects|config)/([^/?]+)", self.path)
        name = about and about[1]
        with lock:
            if name not in LIES or told[name] == LIES[name][1]:
                return False
            told[name] += 1
        try:
            getattr(self, LIES[name][0])()
        except (BrokenPipeError, ConnectionResetError):
            pass
        return True

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path[len(URL.split("/", 3)[3]) + 1 :]
        request = urllib.request.Request(
            URL + path,
            data=body or None,
            headers={"content-type": "application/vnd.schemaregistry.v1+json"},
            method=self.command,
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                self.answer(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            self.answer(error.code, error.read())

    def do_GET(self):
        if not self.lie():
            self.forward()

    do_POST = do_GET

    def log_message(self, *_):
        print(self.command, self.path, flush=True)


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
