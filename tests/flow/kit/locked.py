"""A schema registry that lets nobody in: locked.py PORT."""

import http.server
import sys


class Locked(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = answer


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Locked).serve_forever()
