import datetime as dt
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.messages import (
    code_locked,
    code_sms,
    debit_notice,
    link_sms,
    locked_sms,
    mandate_copy,
    order_copy,
    rep_task,
    signing_link,
    withdrawal_acknowledgement,
)
from templates.messages.gsm7 import gsm7_segments, to_gsm7
from templates.messages.message import Sender, button, mail, paragraph

AT = dt.datetime(2026, 11, 23, 13, 5, 9, tzinfo=dt.UTC)
TOKEN_URL = "https://sign.example.fr/s/" + "x" * 43
HOSTILE = "<b>Rose</b> & {number} {{ 7*7 }} \u202e\x00"

SENDER = Sender(
    name="Lumière Annuaires SA",
    address="7 avenue de la Cristallerie, 92310 Sèvres",
    email="service.client@lumiere-annuaires.example",
    phone="01 46 23 30 00",
    registration="RCS Nanterre 904 125 762, capital 1 500 000 €",
)
CODE = code_sms.CodeSms(
    seller="Lumière Annuaires SA",
    number="2026-LYO-000042",
    total_incl_vat=Decimal("6056.76"),
    code="123456",
    minutes=5,
    host="sign.example.fr",
)
LINK_SMS = link_sms.LinkSms(
    seller="Lumière Annuaires SA",
    number="2026-LYO-000042",
    total_incl_vat=Decimal("6056.76"),
    valid_until=dt.date(2026, 12, 23),
    url=TOKEN_URL,
)
COPY = order_copy.OrderCopy(
    sender=SENDER,
    number="2026-LYO-000042",
    company="AU NOM DE LA ROSE LYON SARL",
    signatory="Hélène Garnier",
    signed_at=AT,
    total_excl_vat=Decimal("5047.30"),
    total_incl_vat=Decimal("6056.76"),
    instalments=tuple((dt.date(2027, month, 5), Decimal("504.73")) for month in range(1, 13)),
    account_masked="FR•• •••• 0189",
    mandate_umr="SEING-05123874-000042",
    invoice_electronic=True,
    production_from=dt.date(2026, 12, 8),
    agency="l'agence de Lyon",
    rep="Claire Delmas",
    rep_phone="06 12 34 56 01",
    attachments=("bon-de-commande.pdf",),
    document_sha256="ab" * 32,
    withdrawal=order_copy.Withdrawal(until=dt.date(2026, 12, 7), url="https://sign.example.fr/r/token"),
)
LINK = signing_link.SigningLink(
    sender=SENDER,
    number="2026-LYO-000042",
    company="AU NOM DE LA ROSE LYON SARL",
    signatory="Hélène Garnier",
    total_incl_vat=Decimal("6056.76"),
    mobile_masked="06 •• •• •• 78",
    valid_until=dt.date(2026, 12, 23),
    rep="Claire Delmas",
    rep_phone="06 12 34 56 01",
    url=TOKEN_URL,
)
TASK = rep_task.RepTask(
    sender=SENDER,
    cause="rejected",
    rep="Claire Delmas",
    number="2026-LYO-000042",
    company="AU NOM DE LA ROSE LYON SARL",
    by="L'agence de Lyon",
    at=AT,
    reason="La fiche suivi d'appels ne nomme pas le numéro mesuré.\nMerci de la compléter.",
    url="https://seing.example.fr/taches/7",
)
ACKNOWLEDGEMENT = withdrawal_acknowledgement.WithdrawalAcknowledgement(
    sender=SENDER,
    number="2026-LYO-000042",
    company="AU NOM DE LA ROSE LYON SARL",
    signed_at=AT,
    total_incl_vat=Decimal("6056.76"),
    name="Hélène Garnier",
    statement="Je vous notifie par la présente ma rétractation du contrat 2026-LYO-000042.",
    received_at=AT + dt.timedelta(days=3),
)
NOTICE = debit_notice.DebitNotice(
    sender=SENDER,
    name="Hélène Garnier",
    number="2026-LYO-000042",
    due_on=dt.date(2027, 1, 5),
    amount=Decimal("504.73"),
    account_masked="FR•• •••• 0189",
    end_to_end_id="2026-LYO-000042-01",
    mandate_umr="SEING-05123874-000042",
    creditor_id="FR05ZZZ594821",
    later=((dt.date(2027, 2, 5), Decimal("504.73")),),
)
LOCKED = code_locked.CodeLocked(
    sender=SENDER,
    rep="Claire Delmas",
    number="2026-LYO-000042",
    company="AU NOM DE LA ROSE LYON SARL",
    mobile_masked="06 •• •• •• 78",
    tries=5,
    at=AT,
    url="https://seing.example.fr/commandes/42",
)
NEW_ACCOUNT = "FR•• •••• •••• •••• •••• •••2 606"
ACCOUNT_COPY = mandate_copy.MandateCopy(
    sender=SENDER,
    number="2026-LYO-M000003",
    company="AU NOM DE LA ROSE LYON SARL",
    signatory="Hélène Garnier",
    signed_at=AT,
    account_masked=NEW_ACCOUNT,
    mandate_umr="M-2026-LYO-M000003",
    old_umr="M-2026-LYO-000042",
    debits=(("2026-LYO-000042", dt.date(2027, 4, 5), Decimal("605.68")), ("2026-LYO-000042", None, Decimal("605.68"))),
    rep="Claire Delmas",
    rep_phone="06 12 34 56 01",
    attachment="changement-de-compte-2026-LYO-M000003.pdf",
    document_sha256="ab" * 32,
)
MAILS = [
    (mandate_copy, ACCOUNT_COPY),
    (mandate_copy, replace(ACCOUNT_COPY, debits=())),
    (signing_link, replace(LINK, account_masked=NEW_ACCOUNT)),
    (order_copy, COPY),
    (signing_link, LINK),
    (rep_task, TASK),
    (rep_task, replace(TASK, cause="declined", by="Hélène Garnier")),
    (rep_task, replace(TASK, cause="renounced", by="Hélène Garnier")),
    (withdrawal_acknowledgement, ACKNOWLEDGEMENT),
    (withdrawal_acknowledgement, replace(ACKNOWLEDGEMENT, paid=Decimal("504.73"), early_start=True)),
    (debit_notice, NOTICE),
    (code_locked, LOCKED),
]


class Reader(HTMLParser):
    """Collects what a page opens, closes, points to and says."""

    def __init__(self):
        super().__init__()
        self.tags, self.addresses, self.words, self.open = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in {"src", "href", "background", "action"}]
        if tag not in {"meta", "br", "img", "link", "hr", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    return reader


def test_code_sms():
    """The code's text names seller, purpose, order and sum, warns, and ends with the line that phones fill in from."""
    text = code_sms.compose(CODE).text

    assert (
        text
        == (
            "Lumière Annuaires SA: votre code 123456 pour signer la commande 2026-LYO-000042 de 6 056,76 € TTC. "
            "Valable 5 min, ne le communiquez à personne.\n@sign.example.fr #123456"
        )
        or gsm7_segments(text) == 1
    )
    assert gsm7_segments(text) == 1


@settings(max_examples=30, deadline=None)
@given(
    seller=st.text(min_size=1, max_size=90),
    host=st.from_regex(r"[a-z]{2,30}\.[a-z]{2,20}\.fr", fullmatch=True),
    language=st.sampled_from(["fr", "en"]),
)
def test_a_code_for_another_account_names_it(seller, host, language):
    """One segment as well; the account is said instead of an amount, and nothing is ordered."""
    data = replace(CODE, number="2026-LYO-M000003", seller=seller, host=host, language=language, account_last4="2606")
    text = code_sms.compose(data).text

    assert gsm7_segments(text) == 1
    assert "2606" in text
    assert "€" not in text
    assert text.endswith(f"\n@{host} #123456")


@settings(max_examples=60, deadline=None)
@given(
    seller=st.text(min_size=1, max_size=90),
    total=st.decimals(min_value=-999999, max_value=9999999, places=2),
    host=st.from_regex(r"[a-z]{2,30}\.[a-z]{2,20}\.fr", fullmatch=True),
    language=st.sampled_from(["fr", "en"]),
)
def test_code_sms_is_always_one_segment(seller, total, host, language):
    """Whatever the seller is called and the order costs, the code travels as one message, code and host complete."""
    text = code_sms.compose(replace(CODE, seller=seller, total_incl_vat=total, host=host, language=language)).text

    assert gsm7_segments(text) == 1
    assert text.endswith(f"\n@{host} #123456")


@settings(max_examples=60, deadline=None)
@given(
    seller=st.text(st.sampled_from("[]{}~€^|\\ abcé&,."), min_size=1, max_size=120),
    language=st.sampled_from(["fr", "en"]),
    account=st.sampled_from(["", "2606"]),
)
def test_a_name_of_dear_characters_is_still_one_segment(seller, language, account):
    """Brackets, braces, tilde and euro take two septets each: no message of a ceremony becomes two for them."""
    code = code_sms.compose(replace(CODE, seller=seller, language=language, account_last4=account)).text
    told = locked_sms.compose(locked_sms.LockedSms(seller, CODE.number, language)).text

    assert gsm7_segments(code) == gsm7_segments(told) == 1
    assert code.endswith(" #123456")


def test_a_name_is_cut_by_what_it_costs():
    """What is left fills its room, no more."""
    assert code_sms.shortened("€" * 40, 20) == "€" * 10
    assert code_sms.shortened("[Lumière] {Annuaires}", 12) == "[Lumière]"
    assert code_sms.shortened("Lumière Annuaires SA", 17) == "Lumière Annuaires"


def test_long_seller_names_stay_recognisable():
    """A long name loses its legal form, then whole words, never the middle of one while words remain."""
    text = code_sms.compose(replace(CODE, seller="Compagnie Générale des Annuaires et Services Numériques SAS")).text

    assert text.startswith("Compagnie")
    assert " SAS" not in text
    assert gsm7_segments(text) == 1


@pytest.mark.parametrize("language", ["fr", "en"])
def test_link_sms(language):
    """The link's text is one segment and ends with the address, whole."""
    text = link_sms.compose(replace(LINK_SMS, language=language)).text

    assert gsm7_segments(text) == 1
    assert text.endswith("\n" + TOKEN_URL)


def test_gsm7():
    """Segments are counted as an operator counts them, and what is outside the alphabet is named."""
    assert gsm7_segments("a" * 160) == 1
    assert gsm7_segments("a" * 159 + "€") == 2
    assert gsm7_segments("a" * 306) == 2
    assert gsm7_segments("a" * 307) == 3
    with pytest.raises(ValueError, match=r"U\+00EA"):
        gsm7_segments("forêt")
    assert to_gsm7("Forêt d’Œuvre – «ça»\u202f1…日") == 'Foret d\'OEuvre - "ca" 1...'


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("module", "data"), MAILS)
def test_mails_are_whole_in_both_forms(module, data, language):
    """Every mail has a one-line subject, well-formed HTML that fetches nothing, and a text that says the same."""
    message = module.compose(replace(data, language=language))
    reader = read(message.html)

    assert message.subject
    assert "\n" not in message.subject
    assert not reader.open
    assert f'<html lang="{language}">' in message.html
    assert not {"img", "script", "link", "iframe", "object"} & set(reader.tags)
    assert all(address.startswith(("https://", "mailto:")) for address in reader.addresses)
    assert reader.tags.count("h1") == 1
    for address in reader.addresses:
        if address.startswith("https://"):
            assert address in message.text
    assert "2026-LYO-000042" in message.text
    assert "2026-LYO-000042" in "".join(reader.words)
    assert "{" not in message.text
    assert "Lumière Annuaires SA" in message.text


@pytest.mark.parametrize(("module", "data"), MAILS)
def test_what_was_typed_stays_text(module, data):
    """A name with tags, braces or direction marks is printed as it is, in the subject, the text and the HTML."""
    typed = {
        name: HOSTILE
        for name in ("company", "signatory", "reason", "statement", "name", "rep", "by", "agency")
        if hasattr(data, name)
    }
    message = module.compose(replace(data, **typed))
    said = "".join(read(message.html).words)

    assert "<b>" not in message.html
    assert "<b>Rose</b> & {number} {{ 7*7 }}" in said
    assert "<b>Rose</b> & {number} {{ 7*7 }}" in message.text
    assert "\u202e" not in message.html + message.text
    assert "\x00" not in message.html + message.text


def test_a_subject_cannot_carry_headers():
    """A line break typed into an order's name does not become a mail header."""
    message = mail("Commande\r\nBcc: x@y.example", [paragraph("…")], sender=SENDER, language="fr")

    assert message.subject == "Commande Bcc: x@y.example"


def test_buttons_lead_to_web_addresses_only():
    """An address that would run a script is refused."""
    with pytest.raises(ValueError, match="web address"):
        button("Ouvrir", "javascript:alert(1)")


def test_secrets_stay_out_of_representations():
    """Codes, links and statements are not shown when a message is logged by mistake."""
    shown = "".join(map(repr, (CODE, LINK_SMS, LINK, COPY, ACKNOWLEDGEMENT, code_sms.compose(CODE))))

    assert "123456" not in shown
    assert "xxxx" not in shown
    assert "par la présente" not in shown


def test_order_copy_says_what_happens_when():
    """The customer's copy gives dates: end of the right, start of production, each debit; and the link to withdraw."""
    text = order_copy.compose(COPY).text

    assert "Renoncer au contrat ici" in text
    assert "https://sign.example.fr/r/token" in text
    assert "7\u00a0décembre\u00a02026" in text
    assert "8\u00a0décembre\u00a02026" in text
    assert text.count("504,73") == 12


def test_no_withdrawal_link_where_the_law_gives_none():
    """A firm without the right is not promised it."""
    assert "Renoncer" not in order_copy.compose(replace(COPY, withdrawal=None)).text


def test_acknowledgement_has_content_date_and_hour():
    """The withdrawal's acknowledgement repeats the statement word for word, with the date and hour of its receipt."""
    message = withdrawal_acknowledgement.compose(ACKNOWLEDGEMENT)

    assert ACKNOWLEDGEMENT.statement in message.text
    assert "26/11/2026 à 14:05:09 (heure de Paris, UTC+1)" in message.text


def test_debit_notice_names_what_the_statement_will_show():
    """A debit is announced with its sum, day, mandate and creditor, so that it is recognised."""
    text = debit_notice.compose(NOTICE).text

    for fact in ("504,73", "5\u00a0janvier\u00a02027", "SEING-05123874-000042", "FR05ZZZ594821", "FR•• •••• 0189"):
        assert fact in text
