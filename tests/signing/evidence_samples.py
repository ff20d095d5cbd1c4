"""Facts and events of one made-up signing, for the tests of evidence and verifier."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from signing import evidence as ev

START = datetime(2026, 11, 23, 9, 58, 30, tzinfo=UTC)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_facts(*, shown=b"shown", sealed=b"sealed", certificates=(), signed_at=None, level="B-T", **changes):
    """Facts about a 6 056.76 € order, signed by a florist on the rep's tablet."""
    signed_at = signed_at or START + timedelta(minutes=4)
    facts = ev.EvidenceFacts(
        order=ev.Order(
            number="2026-LYO-000042",
            proposal_reference="ROSE-2026",
            proposal_version=3,
            canonical_sha256=sha(b"canonical"),
            total_excl_vat=Decimal("5047.30"),
            total_incl_vat=Decimal("6056.76"),
            place="Lyon",
            prepared_at=signed_at - timedelta(minutes=10),
            signed_at=signed_at,
            sealed_at=signed_at + timedelta(seconds=2),
        ),
        seller=ev.Seller(name="Annuaires Réunis SA", siren="732829320", address=("1 rue de la Paix", "75002 Paris")),
        agency=ev.Agency(code="LYO", name="Agence de Lyon"),
        rep=ev.Rep(id="c.delmas", name="Claire Delmas", device="Tablette Chrome 140"),
        customer=ev.Customer(
            legal_name="Au Nom de la Rose & Fils",
            epj="00421337",
            siren="404833048",
            address=("12 rue des Œillets", "69002 Lyon"),
        ),
        signatory=ev.Signatory(
            name="Hélène Fournier",
            role="Gérante",
            company="Au Nom de la Rose & Fils",
            email="helene@rose.example",
            mobile=ev.Mobile(masked="06 •• •• •• 18", fingerprint="7c" * 32),
            identity=(
                ev.IdentityElement(
                    name="nom et prénom",
                    value="Hélène Fournier",
                    obtained="déclaré au commercial, relu par le signataire",
                ),
                ev.IdentityElement(
                    name="mobile", value="06 •• •• •• 18", obtained="déclaré, puis prouvé par le code reçu"
                ),
            ),
        ),
        documents=(
            ev.Document(
                kind="order_form",
                role="shown",
                name="bon-de-commande-presente.pdf",
                sha256=sha(shown),
                size=len(shown),
                media_type="application/pdf",
                template="order_form",
                template_version="2026.1",
                page_images=(sha(b"page 1"), sha(b"page 2")),
            ),
            ev.Document(
                kind="order_form",
                role="sealed",
                name="bon-de-commande.pdf",
                sha256=sha(sealed),
                size=len(sealed),
                media_type="application/pdf",
                template="order_form",
                template_version="2026.1",
            ),
        ),
        terms_version="2026-09",
        consents=(
            ev.consent(
                "order",
                "J'ai lu le bon de commande n° 2026-LYO-000042 (6 056,76 € TTC) et je l'accepte.",
                "2026.1",
                given=True,
                at=signed_at - timedelta(minutes=1),
            ),
            ev.consent(
                "sepa_mandate",
                "J'autorise le prélèvement SEPA.",
                "2026.1",
                given=True,
                at=signed_at - timedelta(minutes=1),
            ),
        ),
        ceremony=ev.Ceremony(
            id="c0ffee" * 5 + "00",
            mode="handover",
            opened_at=signed_at - timedelta(minutes=4),
            opened_by="c.delmas",
            codes=(
                ev.CodeSent(
                    sequence=1,
                    channel="sms",
                    sent_at=signed_at - timedelta(seconds=50),
                    expires_at=signed_at + timedelta(minutes=4, seconds=10),
                    provider="console",
                    provider_id="SM0612345678",
                    delivery="delivered",
                    segments=1,
                    outcome="used",
                ),
            ),
            wrong_tries=1,
            code_accepted_at=signed_at,
            bound_document_sha256=sha(shown),
            bound_amount=Decimal("6056.76"),
            ip="192.0.2.7",
            user_agent="Mozilla/5.0 (Linux; Android 15)",
        ),
        declarations=ev.Declarations(
            headcount="0-5",
            outside_main_activity=True,
            withdrawal_applies=True,
            withdrawal_until=(signed_at + timedelta(days=14)).date(),
            early_start=False,
        ),
        payment=ev.Payment(
            method="sepa_direct_debit",
            mandate_umr="SEING-2026-LYO-000042",
            creditor_id="FR69ZZZ651190",
            account_holder="Au Nom de la Rose & Fils",
            iban_masked="•••• 0189",
            iban_fingerprint="8d" * 32,
        ),
        level=level,
        algorithms=("RSA-3072 SHA-256", "ECDSA P-256 SHA-256"),
        certificates=tuple(certificates),
        time_stamps=(),
        software=ev.Software(name="Seing", version="0.1.0"),
    )
    return replace(facts, **changes)


def _sent(facts):
    code = {"provider": "console", "provider_id": "SM0612345678", "delivery": "accepted", "segments": 1}
    return {"ceremony": facts.ceremony.id, "sequence": 1, "channel": "sms", "to": "06 •• •• •• 18", **code}


def make_events(facts):
    """The chain of that signing, closed over the facts. Returns the chained events."""
    signed_at = facts.order.signed_at
    told = [
        (-600, "order.prepared", "c.delmas", {"form_sha256": facts.documents[0].sha256, "amount": "6056.76"}),
        (-240, "ceremony.opened", "c.delmas", {"mode": "handover"}),
        (-200, "page.shown", "customer", {"page": 1}),
        (-190, "page.shown", "customer", {"page": 2}),
        (-60, "consent.given", "customer", {"kinds": ["order", "sepa_mandate"]}),
        (-50, "code.sent", "customer", _sent(facts)),
        (-40, "code.delivery", "sms", {"sequence": 1, "status": "delivered", "provider_id": "SM0612345678"}),
        (-20, "code.wrong", "customer", {"wrong_tries": 1}),
        (0, "code.accepted", "customer", {"sequence": 1}),
        (0, ev.SIGNED, "customer", ev.signing_data(facts)),
        (2, "order.sealed", "system", {"sealed_sha256": facts.documents[1].sha256}),
        (3, ev.CLOSED, "system", ev.closing_data(facts)),
    ]
    events, head = [], ev.GENESIS
    for sequence, (seconds, kind, actor, data) in enumerate(told, start=1):
        event = ev.chain(
            head,
            ev.Event(
                sequence=sequence,
                at=signed_at + timedelta(seconds=seconds),
                kind=kind,
                actor=actor,
                ip="192.0.2.7" if actor == "customer" else None,
                data=data,
            ),
        )
        events.append(event)
        head = event.hash
    return events
