"""Settings: documented one by one, and refused with the variable's name and a remedy, never with its value."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.bootstrap import build_sms
from pipeline.cli import app
from pipeline.cli.settings import page
from pipeline.config import Settings, load_settings
from pipeline.doctor import diagnose
from pipeline.errors import Misconfigured
from pipeline.init import initialise
from pipeline.seed import seed
from storage.models import Proposal


def test_every_setting_says_what_it_means():
    """A docstring per field; docs/settings.md is what `seing settings` writes."""
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
    written = Path("docs/settings.md").read_text("utf-8")
    assert written == "\n".join(page()) + "\n", "run: seing settings > docs/settings.md"


def test_a_wrong_value_is_named_by_its_variable(monkeypatch):
    """The variable, not the value: it may be a secret."""
    monkeypatch.setenv("SEING_PUBLIC_URL", "ftp://secret-host")
    with pytest.raises(Misconfigured) as caught:
        load_settings()
    assert caught.value.setting == "SEING_PUBLIC_URL"
    assert "secret-host" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://signer.épicerie-ça.example/", "https://signer.xn--picerie-a-x3an.example"),
        ("https://ÉÇŒ.example:8443/seing/", "https://xn--7cad33a.example:8443/seing"),
        ("https://faß.example", "https://xn--fa-hia.example"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("https://[2001:db8::1]:443", "https://[2001:db8::1]:443"),
    ],
)
def test_a_host_is_kept_as_browsers_write_it(given, kept):
    """Its ASCII form, by the rules of browsers (UTS 46): a phone compares it with the last line of the message."""
    assert load_settings(public_url=given).public_url == kept


@pytest.mark.parametrize(
    "value", ["https://", "https://é..example", "https://\u2603\u0338.example", "https://x:99999999"]
)
def test_a_host_that_is_none_is_refused(value):
    """In words, with the variable's name."""
    with pytest.raises(Misconfigured, match="ne nomme pas une machine") as caught:
        load_settings(public_url=value)
    assert caught.value.setting == "SEING_PUBLIC_URL"


@pytest.mark.parametrize("value", ["10.0.0.5/24", "proxy.example", "192.0.2.10,10.0.0.0/8", "0.0.0.0/0", "::/0", "*"])
def test_proxies_are_addresses_and_networks(value):
    """A name, a host with a mask or the whole world is refused, in words that say what to write."""
    with pytest.raises(Misconfigured) as caught:
        load_settings(trusted_proxies=value)
    assert caught.value.setting == "SEING_TRUSTED_PROXIES"
    assert ("suite d'adresses" in str(caught.value)) == (value not in {"0.0.0.0/0", "::/0"})


def test_doctor_asks_for_the_proxy(monkeypatch):
    """An https address without a declared proxy is a warning: somebody else ends TLS."""

    def told():
        return [item.level for item in diagnose() if item.what == "SEING_TRUSTED_PROXIES"]

    assert told() == []
    monkeypatch.setenv("SEING_PUBLIC_URL", "https://signer.example")
    assert told() == ["warning"]
    monkeypatch.setenv("SEING_TRUSTED_PROXIES", "192.0.2.10")
    assert told() == []


def test_production_makes_nothing_itself(tmp_path):
    """No development key, no made secret, no printed code in production."""
    settings = load_settings(data_dir=tmp_path, environment="production")
    with pytest.raises(Misconfigured):
        initialise(settings)
    with pytest.raises(Misconfigured):
        settings.secret("secret_key")
    with pytest.raises(Misconfigured):
        build_sms(settings)


@pytest.mark.parametrize("command", ["web", "serve"])
def test_production_does_not_start_without_tls(tmp_path, monkeypatch, command):
    """Not on a public address in clear, whatever else is missing: cookies would travel without Secure."""
    for name, value in {
        "ENVIRONMENT": "production",
        "DATA_DIR": tmp_path,
        "PUBLIC_URL": "http://signer.example",
    }.items():
        monkeypatch.setenv(f"SEING_{name}", str(value))
    refused = CliRunner().invoke(app, [command]).exception
    assert isinstance(refused, Misconfigured)
    assert refused.setting == "SEING_PUBLIC_URL"
    assert [item.level for item in diagnose() if item.what == "SEING_PUBLIC_URL"] == ["error"]


def test_production_sends_no_code_in_clear(tmp_path):
    """A provider's address is https, but for a gateway on this very machine."""

    def built(url):
        return build_sms(load_settings(data_dir=tmp_path, environment="production", sms_url=url))

    for url in ("http://sms.example/send", "https://sms.example/send http://192.0.2.1/send"):
        with pytest.raises(Misconfigured) as caught:
            built(url)
        assert caught.value.setting == "SEING_SMS_URL"
    for url in (
        "https://sms.example/send",
        "http://127.0.0.1:9/send",
        "http://[::1]:9/send",
        "http://localhost:9/send",
    ):
        assert built(url)


def test_training_never_sends_a_message(tmp_path):
    """Whatever the settings say, no SMS leaves the machine in training."""
    settings = load_settings(data_dir=tmp_path, environment="training", sms_url="https://sms.example/send")
    assert type(build_sms(settings)).__name__ == "ConsoleSms"


def test_doctor_finds_nothing_wrong_in_a_fresh_installation(installation, tmp_path, monkeypatch):
    """After `seing init` every check passes; before it, each fault has a remedy."""
    shutil.copytree(installation, tmp_path / "var")  # it has a revocation list made there
    monkeypatch.setenv("SEING_DATA_DIR", str(tmp_path / "var"))
    assert [item.what for item in diagnose() if item.level == "error"] == []


def test_doctor_says_how_to_mend_what_is_missing(tmp_path, monkeypatch):
    """An empty folder: each fault comes with its remedy."""
    monkeypatch.setenv("SEING_DATA_DIR", str(tmp_path / "nothing"))
    wrong = [item for item in diagnose() if item.level == "error"]
    assert wrong
    assert all(item.remedy for item in wrong)


def test_an_empty_installation_gets_proposals_once(services):
    """Whoever tries Seing by hand finds something to order; what is there already stays alone."""
    assert seed(services) == 3
    assert seed(services) == 0
    with services.works(read_only=True) as work:
        assert {row.kind for row in work.find(Proposal)} == {"order", "quote"}
