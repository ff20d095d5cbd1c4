"""A browser without a screen: follows links, fills the forms that are on the page, and nothing else."""

import asyncio
import threading

import httpx
from lxml import html

from pipeline.app import build_app
from pipeline.init import DEMO_PASSWORD
from pipeline.steps import ceremony
from tests.house import REP

_apps = {}
_building = threading.Lock()


def app_of(services):
    """The application over these services, built once: a test has several browsers.

    By one thread: what pydantic mutes while it reads our schemas, it mutes for the whole process.
    """
    with _building:
        if id(services) not in _apps:
            _apps.clear()
            _apps[id(services)] = (services, build_app(services))
        return _apps[id(services)][1]


class Client:
    """HTTP without a socket, with the cookies of one browser."""

    def __init__(self, services, address="198.51.100.7"):
        self.app, self.address = app_of(services), address
        self.base_url = services.settings.public_url
        self.cookies = httpx.Cookies()

    def call(self, method, path, **content):
        async def run():
            door = httpx.ASGITransport(app=self.app, client=(self.address, 50000))
            follow = content.pop("follow_redirects", True)
            async with httpx.AsyncClient(
                transport=door, base_url=self.base_url, cookies=self.cookies, follow_redirects=follow
            ) as client:
                answer = await client.request(method, path, **content)
                self.cookies = client.cookies
                return answer

        return asyncio.run(run())

    def get(self, path, **content):
        return self.call("GET", path, **content)

    def post(self, path, **content):
        return self.call("POST", path, **content)


def as_typed(text):
    """What is on a page as a keyboard writes it: plain blanks and straight apostrophes."""
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")


class Browser:
    def __init__(self, services, address="198.51.100.7"):
        self.client = Client(services, address)
        self.answer = None

    def open(self, path):
        self.answer = self.client.get(path)
        return self

    def log_in(self, user="c.delmas", password=DEMO_PASSWORD):
        self.open("/login")
        return self.send("/login", user=user, password=password)

    @property
    def tree(self):
        return html.fromstring(self.answer.text)

    @property
    def text(self):
        for hidden in (tree := self.tree).xpath("//script|//style|//head"):
            hidden.drop_tree()
        return " ".join(as_typed(tree.text_content()).split())

    @property
    def path(self):
        return self.answer.url.path

    @property
    def status(self):
        return self.answer.status_code

    def forms(self, action):
        """The forms of the page that go to this address, by their action or by one of their buttons."""
        found = self.tree.xpath("//form[@action=$a] | //form[.//button[@formaction=$a]]", a=action)
        assert found, f"no form for {action} on {self.path}: {self.text[:300]}"
        return found

    def fields(self, action, place=0):
        form = self.forms(action)[place]
        values = {}
        for field in form.xpath(".//input[@name] | .//textarea[@name]"):
            if field.get("type") in {"checkbox", "radio"} and field.get("checked") is None:
                continue
            if field.get("type") == "file":
                continue
            values.setdefault(field.get("name"), []).append(
                field.text or "" if field.tag == "textarea" else field.get("value") or ""
            )
        return values

    def send(self, action, files=None, place=0, **values):
        """Send the form that goes to `action`, its fields as they stand but for `values`."""
        data = self.fields(action, place) | values
        self.answer = self.client.post(action, data=data, files=files)
        return self

    def link(self, text):
        """Follow a link by its words."""
        found = [
            each for each in self.tree.xpath("//a[@href]") if text in as_typed(" ".join(each.text_content().split()))
        ]
        assert found, f"no link {text} on {self.path}: {self.text[:300]}"
        return self.open(found[0].get("href"))


def customer_with_link(services, order_id):
    """A customer's browser that has just followed his link."""
    opened = ceremony.open_ceremony(services, order_id, "link", REP)
    return Browser(services, "198.51.100.9").open(f"/s/{opened.token}")


def agree(browser):
    """Tick every box and ask for the code."""
    boxes = [box.get("value") for box in browser.forms("/c/code")[0].xpath(".//input[@type='checkbox']")]
    return browser.send("/c/code", consent=boxes)
