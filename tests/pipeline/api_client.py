"""A program that calls the API: the real application, through HTTP's own interface, without a socket."""

import asyncio

import httpx

from pipeline.api.keys import create_key
from pipeline.app import build_app

HOST = "http://127.0.0.1:8000"


_apps = []


def app_over(services):
    """One application for all clients of a test."""
    if not _apps or _apps[0][0] is not services:
        _apps[:] = [(services, build_app(services))]
    return _apps[0][1]


class Client:
    def __init__(self, services, user="", **headers):
        self.services = services
        self.app = app_over(services)
        key = create_key(services, f"crm.{user}", user) if user else ""
        self.headers = ({"authorization": f"Bearer {key}"} if key else {}) | headers

    def call(self, method, path, *, headers=None, **content):
        async def run():
            door = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=door, base_url=HOST) as client:
                return await client.request(method, path, headers=self.headers | (headers or {}), **content)

        return asyncio.run(run())

    def get(self, path, **content):
        return self.call("GET", path, **content)

    def post(self, path, **content):
        return self.call("POST", path, **content)

    def put(self, path, **content):
        return self.call("PUT", path, **content)

    def once(self, key, path, **content):
        return self.call("POST", path, headers={"idempotency-key": key}, **content)


def problem(answer, status, code):
    """The body of a refusal, once it has the form that RFC 9457 asks for."""
    assert (status, code) == (answer.status_code, answer.json().get("code")), answer.text
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert body["type"].endswith(f"/api/v1/problems/{code}")
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["title"]
    assert body["detail"]
    return body


CHOICES = {
    "email": "helene.garnier@rose.example",
    "mobile": "06 12 34 56 78",
    "first_name": "Hélène",
    "last_name": "Garnier",
    "role": "Gérante",
    "invoice_delivery": "electronic",
    "iban": "FR76 3000 6000 0112 3456 7890 189",
    "account_holder": "AU NOM DE LA ROSE LYON SARL",
    "employees": 9,
    "place": "Lyon",
}
