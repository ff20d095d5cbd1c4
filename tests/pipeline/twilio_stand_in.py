"""Twilio's HTTP API as far as we use it, on this machine: checks account and parameters, answers as told.

Shapes of answers and errors: https://www.twilio.com/docs/messaging/api/message-resource, .../docs/api/errors.
"""

import base64
import json
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

ACCOUNT, TOKEN = "AC" + "0" * 32, "a-secret-of-twilio"

ERRORS = {
    21614: (400, "'To' number {To} is not a valid mobile number"),
    20003: (401, "Authenticate"),
    20429: (429, "Too Many Requests for {To}"),
    20500: (500, "Internal server error while sending {Body}"),
}


class StandIn:
    """What arrived, and how to answer: `failing` is one of ERRORS, `slow` seconds of silence."""

    def __init__(self):
        self.requests = []
        self.failing, self.slow = 0, 0.0
        self.price, self.unit = None, "EUR"

    @property
    def last(self):
        return self.requests[-1]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        body = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        self.answer(body)

    def do_GET(self):
        self.answer({})

    def answer(self, body):
        told = self.server.told
        time.sleep(told.slow)
        told.requests.append({"path": self.path, "body": body, "method": self.command})
        expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        failing = 20003 if self.headers.get("authorization") != expected else told.failing
        root = f"/2010-04-01/Accounts/{ACCOUNT}"
        if failing:
            status, message = ERRORS[failing]
            said = {"code": failing, "message": message.format(**body), "status": status, "more_info": ""}
        elif self.command == "GET":
            status, said = 200, {"sid": self.path.rpartition("/")[2].removesuffix(".json"), "status": "delivered"}
            said |= {"price": told.price, "price_unit": told.unit}
        elif self.path == f"{root}/Messages.json" and {"To", "From", "Body"} <= set(body):
            status, said = 201, {"sid": f"SM{len(told.requests):032d}", "status": "queued", "price": None}
        elif self.path == f"{root}/Calls.json" and {"To", "From", "Twiml"} <= set(body):
            status, said = 201, {"sid": f"CA{len(told.requests):032d}", "status": "queued"}
        else:
            status, said = 400, {"code": 21604, "message": "incomplete", "status": 400}
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):  # a client that gave up waiting
        pass


@contextmanager
def stand_in():
    """The address of a running stand-in, and what it was told."""
    told = StandIn()
    server = Server(("127.0.0.1", 0), Handler)
    server.told = told
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
