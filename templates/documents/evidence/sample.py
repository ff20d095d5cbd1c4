"""The evidence document that previews and tests draw: an order of a florist, signed on the rep's tablet."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from templates import brand
from templates.documents.evidence import data as facts
from templates.documents.sheet import Look

_AT: Final = datetime(2026, 11, 23, 13, 5, 9, 412_000, tzinfo=UTC)
_FORM: Final = hashlib.sha256(b"form").hexdigest()
_SEALED: Final = hashlib.sha256(b"sealed").hexdigest()
_BROWSER: Final = "Mozilla/5.0 (Linux; Android 16; Tablet) AppleWebKit/537.36 Chrome/149.0 Safari/537.36"


def _consent(kind: str, text: str) -> facts.Consent:
    digest = hashlib.sha256(text.encode()).hexdigest()
    at = _AT - timedelta(seconds=61)
    return facts.Consent(kind=kind, text=text, version="2026-11", sha256=digest, given=True, at=at)


def _event(sequence: int, seconds: float, kind: str, actor: str, /, **data: Any) -> facts.Event:
    customer = actor == "customer"
    return facts.Event(
        sequence=sequence,
        at=_AT + timedelta(seconds=seconds),
        kind=kind,
        actor=actor,
        ip="203.0.113.24" if actor != "system" else None,
        user_agent=_BROWSER if customer else None,
        data=data,
        hash=hashlib.sha256(f"{sequence}{kind}".encode()).hexdigest(),
    )


def _certificate(role: str, subject: str, issuer: str, *, minutes: int) -> facts.Certificate:
    return facts.Certificate(
        role=role,
        subject=subject,
        issuer=issuer,
        serial=hashlib.sha256(subject.encode()).hexdigest()[:32],
        sha256=hashlib.sha256(role.encode()).hexdigest(),
        not_before=_AT - timedelta(minutes=1),
        not_after=_AT + timedelta(minutes=minutes),
    )


_EVENTS: Final = (
    _event(1, -1290, "order.prepared", "rep:c.delmas", number="2026-LYO-000042", proposal="PROP-2026-004171"),
    _event(2, -1288, "form.certified", "system", form_sha256=_FORM),
    _event(3, -600, "ceremony.opened", "rep:c.delmas", mode="handover"),
    _event(4, -540, "page.displayed", "customer", page=1),
    _event(5, -480, "page.displayed", "customer", page=2),
    _event(6, -61, "code.sent", "customer", sequence=1, provider="twilio", amount="6056.76"),
    _event(7, -57, "code.delivery", "system", delivery="delivered", sequence=1),
    _event(8, -20, "code.wrong", "customer", tries=1),
    _event(9, 0, "code.accepted", "customer", sequence=1, form_sha256=_FORM, amount="6056.76"),
    _event(10, 0.002, "order.signed", "customer", consents=["order", "mandate", "durable_medium"]),
    _event(11, 1.7, "order.sealed", "system", form_sha256=_FORM, sealed_sha256=_SEALED),
    _event(12, 2.1, "evidence.closed", "system", schema="seing.evidence/1"),
)
_ROOT: Final = "CN=Lumière Annuaires Racine,O=Lumière Annuaires SA,C=FR"
_ISSUER: Final = "CN=Lumière Annuaires Signatures,O=Lumière Annuaires SA,C=FR"
_FACTS: Final = facts.Facts(
    order=facts.Order(
        number="2026-LYO-000042",
        proposal_reference="PROP-2026-004171",
        proposal_version=3,
        canonical_sha256=hashlib.sha256(b"canonical").hexdigest(),
        total_excl_vat=Decimal("5047.30"),
        total_incl_vat=Decimal("6056.76"),
        place="Lyon",
        prepared_at=_AT - timedelta(seconds=1290),
        signed_at=_AT,
        sealed_at=_AT + timedelta(seconds=2),
    ),
    seller=facts.Seller(
        name="Lumière Annuaires SA", siren="904125762", address=("7 avenue de la Cristallerie", "92310 Sèvres")
    ),
    agency=facts.Agency(code="LYO", name="Agence de Lyon"),
    rep=facts.Rep(id="c.delmas", name="Claire Delmas", device="Tablette n° 417"),
    customer=facts.Customer(
        legal_name="AU NOM DE LA ROSE LYON SARL",
        epj="05123874",
        siren="813249075",
        address=("12 rue de la République", "69002 Lyon"),
    ),
    signatory=facts.Signatory(
        name="Hélène Garnier",
        role="Gérante",
        company="AU NOM DE LA ROSE LYON SARL",
        email="helene.garnier@aunomdelarose-lyon.example",
        mobile=facts.Mobile(masked="06 •• •• •• 78"),
        identity=(
            facts.IdentityElement(
                name="Nom et qualité",
                value="Hélène Garnier, Gérante",
                obtained="Déclarés au commercial, relus par le client avant la signature",
            ),
            facts.IdentityElement(
                name="Mobile", value="06 •• •• •• 78", obtained="Déclaré au commercial, confirmé par la saisie du code"
            ),
            facts.IdentityElement(
                name="Société", value="SIREN 813 249 075", obtained="Système de commande, clé de contrôle vérifiée"
            ),
        ),
    ),
    documents=(
        facts.Document(
            kind="order_form",
            role="shown",
            name="bon-de-commande.pdf",
            sha256=_FORM,
            size=58_204,
            template="order_form",
            template_version="2027.1",
            page_images=(_FORM, _SEALED),
        ),
        facts.Document(
            kind="order_form",
            role="sealed",
            name="bon-de-commande.pdf",
            sha256=_SEALED,
            size=91_377,
            template="order_form",
            template_version="2027.1",
        ),
    ),
    terms_version="2026-11",
    consents=(
        _consent(
            "order",
            "J'ai lu le bon de commande n° 2026-LYO-000042 (6 056,76 € TTC) et les conditions générales v. 2026-11, et "
            "je les accepte.",
        ),
        _consent(
            "mandate",
            "J'autorise Lumière Annuaires SA à débiter le compte FR•• •••• 0189 selon le mandat de prélèvement SEPA "
            "SEING-05123874-000042 joint au bon de commande.",
        ),
        _consent(
            "durable_medium",
            "J'accepte de recevoir mon exemplaire signé par courrier électronique, sur support durable.",
        ),
    ),
    ceremony=facts.Ceremony(
        id="7c9e6679f9b24c1d9a7e6a3b5d1f0e42",
        mode="handover",
        opened_at=_AT - timedelta(seconds=600),
        opened_by="rep:c.delmas",
        codes=(
            facts.CodeSent(
                sequence=1,
                channel="sms",
                sent_at=_AT - timedelta(seconds=61),
                expires_at=_AT + timedelta(seconds=239),
                provider="Twilio",
                provider_id="SM0f1e2d3c4b5a69788796a5b4c3d2e1f0",
                delivery="delivered",
                segments=1,
                outcome="used",
            ),
        ),
        wrong_tries=1,
        code_accepted_at=_AT,
        bound_document_sha256=_FORM,
        bound_amount=Decimal("6056.76"),
        ip="203.0.113.24",
        user_agent=_BROWSER,
    ),
    declarations=facts.Declarations(
        headcount="9",
        outside_main_activity=True,
        withdrawal_applies=False,
        withdrawal_until=None,
        early_start=False,
    ),
    payment=facts.Payment(
        method="sepa_direct_debit",
        mandate_umr="SEING-05123874-000042",
        creditor_id="FR05ZZZ594821",
        account_holder="AU NOM DE LA ROSE LYON SARL",
        iban_masked="FR•• •••• 0189",
    ),
    level="B-T",
    algorithms=("RSA-3072 SHA-256", "ECDSA P-256 SHA-256", "SHA-256"),
    certificates=(
        _certificate("seal", "CN=Lumière Annuaires SA,O=Lumière Annuaires SA,C=FR", _ROOT, minutes=1_051_200),
        _certificate("customer", "CN=Hélène Garnier,O=AU NOM DE LA ROSE LYON SARL,C=FR", _ISSUER, minutes=10),
        _certificate("issuing", _ISSUER, _ROOT, minutes=2_628_000),
    ),
    time_stamps=(
        facts.TimeStamp(
            covers="customer_signature",
            at=_AT + timedelta(seconds=1),
            authority="CN=Lumière Annuaires Horodatage,O=Lumière Annuaires SA,C=FR",
            policy="1.3.6.1.4.1.58462.1.1",
            serial="5e0c41",
            digest_algorithm="SHA-256",
        ),
    ),
    software=facts.Software(name="Seing", version="0.1.0"),
)

SAMPLE: Final = facts.EvidenceData(
    look=Look(
        brand=brand.Brand("Lumière Annuaires"),
        foot="Lumière Annuaires SA, 7 avenue de la Cristallerie, 92310 Sèvres, RCS Nanterre 904 125 762",
    ),
    evidence=facts.Evidence(
        schema="seing.evidence/1", facts=_FACTS, events=_EVENTS, chain_head=_EVENTS[-1].hash, time_stamp="MIIB"
    ),
    json=b'{"schema":"seing.evidence/1"}',
)
