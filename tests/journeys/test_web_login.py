"""Coming in: who sees what, and what a stranger sees."""

import pytest

from pipeline import passwords
from pipeline.steps import propose
from tests.factories import sample
from tests.house import REP, make_services
from tests.journeys.pages import Browser

OFFICE = tuple(f"/office{page}" for page in ("", "/mandates", "/collections", "/answers", "/receipts", "/archive"))
"""The back office's pages."""


@pytest.fixture(scope="module")
def services(installation, tmp_path_factory):
    """One installation for the whole file: its tests look, or come in, and change nothing that another minds."""
    return make_services(installation, tmp_path_factory.mktemp("web") / "var")


@pytest.fixture
def browser(services):
    return Browser(services)


def test_a_rep_comes_in_and_goes_out(browser):
    """After the password the first page greets by name; after logging out it asks for the password again."""
    browser.log_in()
    assert "Bonjour Claire" in browser.text

    browser.send("/logout")
    assert browser.path == "/login"
    assert browser.open("/").path == "/login"


def test_the_session_cookie_is_out_of_reach(browser):
    """The cookie is HttpOnly and SameSite=Lax, and holds a random secret."""
    browser.log_in()
    header = next(
        value
        for answer in browser.answer.history
        for name, value in answer.headers.multi_items()
        if name == "set-cookie" and "seing_session" in value
    )
    assert "HttpOnly" in header
    assert "SameSite=lax" in header
    assert len(browser.client.cookies["seing_session"]) >= 43


@pytest.mark.parametrize("user", ["c.delmas", "nobody"])
def test_wrong_and_unknown_get_the_same_answer(browser, user):
    """A wrong password and an unknown user cannot be told apart."""
    browser.log_in(user, "wrong")
    assert browser.status == 401
    assert "Identifiant ou mot de passe incorrect" in browser.text


def test_a_password_is_dear_to_guess():
    """Hashed with argon2id at the price that RFC 9106 (4) recommends where memory is scarce: 64 MiB, three times."""
    assert passwords.hash_secret("secret").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_development_offers_its_accounts(browser):
    """The login page of a development installation lists the demonstration accounts, one button each."""
    browser.open("/login")
    assert "Claire Delmas" in browser.text
    assert len(browser.forms("/login")) == 8

    browser.send("/login", place=1)
    assert browser.status == 200
    assert browser.path != "/login"


@pytest.mark.parametrize("onward", ["//evil.example/", "https://evil.example/", "/\\evil.example", "evil"])
def test_login_leads_nowhere_else(browser, onward):
    """The address to go on to is one of ours, or the first page."""
    browser.open(f"/login?next={onward}")
    assert browser.fields("/login")["next"] == ["/"]


@pytest.mark.parametrize("path", ["/", "/proposals/x", "/orders/x", "/orders/x/live", "/agency", *OFFICE])
def test_pages_ask_for_the_password(browser, path):
    """Whoever is not logged in is led to the login, which remembers where he was going."""
    browser.open(path)
    assert browser.path == "/login"
    assert browser.fields("/login")["next"] == [path]


@pytest.mark.parametrize(("user", "home"), [("c.delmas", "/"), ("agence.lyo", "/agency"), ("siege", "/office")])
def test_each_role_has_its_first_page(browser, user, home):
    """Everybody arrives where his work is; other roles' pages are refused in plain words."""
    browser.log_in(user)
    assert browser.path == home
    for other in {"/agency", *OFFICE} - ({home} if home != "/office" else set(OFFICE)):
        assert browser.open(other).status == 403
        assert "Accès refusé" in browser.text


def test_a_rep_sees_only_his_own(services, browser):
    """Another rep's proposal does not exist for him."""
    proposal_id = propose.import_proposal(services, sample("bat-etanche").to_json(), REP)
    browser.log_in("c.delmas")
    assert browser.open(f"/proposals/{proposal_id}").status == 404
    assert browser.open(f"/proposals/{proposal_id}/quote.pdf").status == 404
    assert Browser(services).log_in("k.benali").open(f"/proposals/{proposal_id}").status == 200


def test_english_is_one_link_away(browser):
    """The link at the foot changes the language, and the same link leads back."""
    browser.open("/login").link("English")
    assert "Log in" in browser.text
    assert browser.tree.get("lang") == "en"

    browser.link("Français")
    assert "Connexion" in browser.text
