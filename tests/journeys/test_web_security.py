"""What every page carries, and what no page accepts."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

import pytest

from pipeline.web import ROUTERS
from pipeline.web.brand import contrast_with_white, readable
from storage.models import Order
from templates.pages import texts_in
from tests.factories import sample
from tests.house import make_services, order_from
from tests.journeys.pages import Browser, customer_with_link
from tests.pipeline.api_client import Client as ApiClient
from tests.pipeline.api_client import problem

TEMPLATES = sorted(path for path in (files("templates") / "pages").iterdir() if path.name.endswith(".html"))
POSTS = sorted({route.path for router in ROUTERS for route in router.routes if "POST" in route.methods})


@pytest.fixture(scope="module")
def services(installation, tmp_path_factory):
    """One installation for the whole file: its tests look, or come in, and change nothing that another minds."""
    return make_services(installation, tmp_path_factory.mktemp("web") / "var")


@pytest.fixture(scope="module")
def rose(services):
    return order_from(services, sample("au-nom-de-la-rose"))


def test_headers_of_a_page(services):
    """A strict policy without inline code, no referrer, no cache, no frame."""
    headers = Browser(services).open("/login").answer.headers
    assert "'unsafe" not in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_headers_of_the_apis_description(installation, tmp_path):
    """Those of every page; its one inline script is named by its hash, and nothing else inline runs."""
    services = make_services(installation, tmp_path / "var", public_url="https://signer.example")
    page = Browser(services).open("/api/docs").answer
    login = Browser(services).open("/login").answer
    policy = page.headers["content-security-policy"]
    for name in set(login.headers) - {"content-security-policy", "content-length", "set-cookie"}:
        assert page.headers[name] == login.headers[name]
    assert "'unsafe" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digests = {b64encode(sha256(script.encode()).digest()).decode() for script in scripts}
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == digests
    assert re.sub(r" 'sha256-[^']+'", "", policy) == login.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/docs-assets/swagger-ui.css", "/api/v1/orders"])
def test_headers_of_the_api(installation, tmp_path, path):
    """No answer is guessed to be of another type, and none asks to come again without TLS."""
    services = make_services(installation, tmp_path / "var", public_url="https://signer.example")
    headers = Browser(services).open(path).answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_inline_code_or_foreign_address(template):
    """Nothing in a template needs 'unsafe-inline', 'unsafe-eval' or another server."""
    source = template.read_text("utf-8")
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|js:", source)
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", source)
    assert "| safe" not in source


def test_no_form_without_its_token(services, rose):
    """Every address that changes something refuses a form that did not come from our page."""
    browser = customer_with_link(services, rose)
    browser.log_in()
    for path in POSTS:
        filled = re.sub(r"\{(\w+)\}", lambda found: {"order_id": rose, "page": "1"}.get(found[1], "x"), path)
        for token in ({}, {"csrf": "0" * 64}):
            answer = browser.client.post(filled, data=token, follow_redirects=False)
            assert answer.status_code == 403 or answer.headers.get("location") == "/nolink", path


def test_a_form_from_another_site_is_refused(services):
    """A right token does not help a request that the browser says comes from elsewhere."""
    browser = Browser(services).open("/login")
    data = browser.fields("/login") | {"user": "c.delmas", "password": "demonstration"}
    answer = browser.client.post("/login", data=data, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


def test_the_token_leaves_the_address(services, rose):
    """The link's token is in the first address only: the page that follows has none, nor has any link on it."""
    browser = customer_with_link(services, rose)
    token = browser.client.cookies["seing_ceremony"]
    assert browser.path == "/c"
    assert token not in str(browser.answer.url)
    assert token not in browser.answer.text


def test_https_binds_cookies_to_the_host(installation, tmp_path):
    """Behind HTTPS cookies are Secure and carry the __Host- prefix, and browsers are told to stay on HTTPS."""
    services = make_services(installation, tmp_path / "https", public_url="https://sign.example.fr")
    answer = Browser(services).open("/login").answer
    assert "__Host-seing_visit=" in answer.headers["set-cookie"]
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]


def test_static_files_are_ours_and_kept(services):
    """CSS, script, htmx and fonts come from this server, under addresses that change with their content."""
    browser = Browser(services).open("/login")
    addresses = browser.tree.xpath("//link/@href | //script/@src")
    assert len(addresses) == 5
    for address in addresses:
        answer = browser.client.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]
    style = next(address for address in addresses if address.endswith("seing.css"))
    font = browser.client.get(style.replace("seing.css", "fonts/regular.woff"))
    assert font.content[:4] == b"wOFF"
    assert len(font.content) < 60_000
    assert browser.client.get(style.replace("seing.css", "../secret")).status_code == 404


@pytest.mark.parametrize(("path", "words"), [("/nowhere", "Page introuvable"), ("/c", "Aucune commande à signer ici")])
def test_errors_are_pages_in_plain_words(services, path, words):
    """An address that leads nowhere is answered by a page, with its status."""
    browser = Browser(services).open(path)
    assert browser.status == 404
    assert words in browser.text


def test_a_failure_is_said_in_plain_words(services, monkeypatch):
    """What nobody expected is a page that says what remains true, without a trace of the program."""
    browser = Browser(services)
    monkeypatch.setattr("pipeline.web.login._page", lambda *_, **__: 1 / 0)
    browser.open("/login")
    assert browser.status == 500
    assert "Un incident est survenu" in browser.text
    assert "division" not in browser.answer.text


def test_the_largest_form(services):
    """A form beyond 25 MB is refused before it is read."""
    browser = Browser(services).open("/verifier")
    data = browser.fields("/verifier")
    answer = browser.client.post("/verifier", data=data, files={"pdf": b"0" * (25 * 1024 * 1024)})
    assert answer.status_code == 413
    assert "trop volumineux" in answer.text


def test_both_languages_say_the_same_things():
    """The catalogs have the same keys, and the same braces under each."""
    french, english = texts_in("fr").entries, texts_in("en").entries
    braces = re.compile(r"\{(\w+)\}")
    assert set(french) == set(english)
    for key, text in french.items():
        assert set(braces.findall(text)) == set(braces.findall(english[key])), key


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_text_of_a_template_exists(template):
    """No page asks for a text that no catalog has."""
    source, known = template.read_text("utf-8"), texts_in("fr").entries
    assert {key for key in re.findall(r'\bt\("([^"]+)"[,)]', source) if key not in known} == set()
    assert {key for key in re.findall(r'\bn\("([^"]+)"[,)]', source) if f"{key}.many" not in known} == set()


@pytest.mark.parametrize("colour", ["#0b4f5c", "#ff9900", "#ffffff", "#000000"])
def test_any_brand_can_be_read(colour):
    """Whatever colour a seller gives, white on it has a contrast of 4.5 to 1; a dark one stays as it is."""
    made = readable(colour)
    assert contrast_with_white(tuple(int(made[place : place + 2], 16) for place in (1, 3, 5))) >= 4.5
    assert made == colour or colour not in {"#0b4f5c", "#000000"}


def test_what_no_keyboard_types_is_left_out(installation, tmp_path):
    """A NUL, a turned line and an escape in a reason: the rep, and the journal, read the words alone."""
    services = make_services(installation, tmp_path / "var")
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    customer = customer_with_link(services, order_id)
    customer.open("/c/refuse").send("/c/refuse", reason="trop\x00 cher\u202e,\x1b\nmerci")
    with services.works(read_only=True) as work:
        assert work.get(Order, order_id).reason == "trop cher,\nmerci"


@pytest.mark.parametrize("reason", ["trop\x00 cher", "trop\u202e cher", "\ud800"])
def test_what_no_keyboard_types_is_refused_to_programs(services, rose, reason):
    """The same from a program, which is told where it stands."""
    rep = ApiClient(services, "c.delmas")
    answer = rep.post(
        f"/api/v1/orders/{rose}/withdraw",
        content=json.dumps({"reason": reason}),
        headers={"content-type": "application/json"},
    )
    assert "reason" in problem(answer, 422, "request.invalid")["problems"][0]["path"]
