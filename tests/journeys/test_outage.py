"""The database or the archive is away: whoever is there reads that nothing is lost and what to do, and comes back."""

from contextlib import contextmanager

import pytest
from sqlalchemy import text

from tests.factories import make_proposal, sample
from tests.house import drain, order_from, order_of
from tests.journeys.pages import Browser, agree, customer_with_link
from tests.pipeline.api_client import Client


@contextmanager
def away(services, what):
    """The database's file, or the archive's folder, is not there; afterwards it is as it was."""
    place = services.settings.data_dir / {"database": "seing.db", "archive": "archive"}[what]
    assert place.exists(), list(services.settings.data_dir.iterdir())
    engine = services.works.engine
    engine.dispose()
    hidden = place.rename(place.with_name(f"{place.name}.away"))
    if what == "database":
        place.mkdir()
    else:
        place.write_text("no folder")
    try:
        yield
    finally:
        engine.dispose()
        place.rmdir() if place.is_dir() else place.unlink()
        hidden.rename(place)


@pytest.fixture
def rose(services):
    return order_from(services, sample("au-nom-de-la-rose"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("Momentanément indisponible", "Rien n'est perdu", "rechargez", "jamais comptée deux fois")),
        ("en", ("Unavailable for a moment", "Nothing is lost", "reload", "never counted twice")),
    ],
)
def test_a_customer_who_signs_while_the_database_is_away(services, rose, language, words):
    """The code that he typed is answered by 503, when to come back and what to do; later it signs, once."""
    customer = customer_with_link(services, rose).open(f"/language/{language}?back=/c")
    agree(customer)
    sending = customer.fields("/c/signed") | {"code": services.sms.code}
    with away(services, "database"):
        for method, path in (("GET", "/c"), ("GET", "/c/code"), ("POST", "/c/signed")):
            customer.answer = customer.client.call(method, path, data=sending if method == "POST" else None)
            assert customer.status == 503
            assert int(customer.answer.headers["retry-after"]) > 0
            assert all(word in customer.text.replace("’", "'") for word in words), customer.text
            assert customer.tree.get("lang") == language
            assert customer.tree.xpath("//a[@href='/']") == []
        assert customer.tree.xpath("//main//a/@href") == ["/c"], "a way on from a form as well"
    customer.answer = customer.client.post("/c/signed", data=sending)
    assert customer.path == "/c/signed"
    assert order_of(services, rose).state == "signed"


def test_a_customer_whose_document_does_not_come(services, rose):
    """The archive alone is away: his signed page stands, the document says why it does not open."""
    customer = customer_with_link(services, rose)
    agree(customer).send("/c/signed", code=services.sms.code)
    drain(services)
    with away(services, "archive"):
        assert customer.open("/c/bon-de-commande.pdf").status == 503
        assert "Momentanément indisponible" in customer.text
    assert customer.open("/c/bon-de-commande.pdf").answer.content.startswith(b"%PDF")


def test_a_representative(services, rose):
    """His page says what may not have been kept, and leads back to where he was."""
    rep = Browser(services).log_in()
    with away(services, "database"):
        rep.open(f"/orders/{rose}")
        assert rep.status == 503
        assert rep.answer.headers["retry-after"]
        assert "Rien n'est perdu" in rep.text.replace("’", "'")
        assert rep.tree.xpath("//main//a/@href") == [f"/orders/{rose}"]
    assert rep.open(f"/orders/{rose}").status == 200


def test_a_part_that_asks_again(services, rose):
    """A page that follows by itself gets no page into its middle: it keeps what it shows and asks again."""
    rep = Browser(services).log_in()
    with away(services, "database"):
        answer = rep.client.get(f"/orders/{rose}/live", headers={"hx-request": "true"})
    assert answer.status_code == 503
    assert answer.text == ""


def test_a_program(services):
    """The API says 503 as problem+json, when to come back, and that nothing is half-done."""
    client = Client(services, "c.delmas")
    with away(services, "database"):
        answer = client.post("/api/v1/check", content=make_proposal().to_json())
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["code"] == "service.unavailable"
    assert "Rien n'est perdu" in answer.json()["detail"].replace("’", "'")


def test_a_fault_of_ours_is_no_outage(services, rose):
    """A statement that no database would take is a bug: 500, and no word that it will pass."""
    with services.works() as work:
        work.session.execute(text("ALTER TABLE tasks RENAME TO tasks_of_old"))
    rep = Browser(services).log_in()
    rep.open("/")
    assert rep.status == 500
    assert "retry-after" not in rep.answer.headers
    assert "Un incident est survenu" in rep.text
