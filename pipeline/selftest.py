"""A blank page sealed, time-stamped, verified: a wrong passphrase or an expired certificate is found at deployment."""

from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature

from pipeline.errors import Misconfigured
from pipeline.keys import Keys, KeySet
from signing.identity import issue_one_shot
from signing.seal import certify
from signing.verify import verify
from templates.brand import Brand
from templates.layout import WIDTH, Flow, Furniture, SignatureField, Text
from templates.pdf import Facts


def blank_page(when: datetime) -> bytes:
    """One page with a heading and the seller's field, drawn by the engine that draws everything else."""
    flow = Flow(
        Facts(title="Essai de scellement", language="fr-FR", when=when),
        Furniture(Brand("Seing"), "Essai", foot="Seing"),
    )
    flow.heading(1, "Essai de scellement")
    flow.add(SignatureField("seller", "Cachet", Text("Cachet", width=WIDTH), width=WIDTH))
    return flow.finish()


def seal_blank_page(keys: Keys | KeySet, now: datetime) -> bytes:
    """Try every key as the product uses it, in milliseconds; gives the sealed page.

    It is certified as an order form is, and judged by pyHanko's strict validation.

    Raises:
        Misconfigured: the result does not verify.
        SigningError: a key or the time-stamping unit does not answer, or refuses.
    """
    sealed = certify(
        blank_page(now.astimezone(UTC)),
        keys.seal,
        when=now,
        reason="Essai de scellement",
        location="",
        timestamper=keys.timestamper,
    )
    report = verify(sealed, trust=keys.roots, stamp_trust=keys.stamp_roots, now=now + timedelta(minutes=1))
    if not report.passed:
        raise Misconfigured(
            "SEING_SEAL_KEY", f"ne donne pas de cachet valable : {report.sentence}", "Vérifiez la clé et sa chaîne."
        )
    person = {"name": "Essai", "role": "", "company": "Essai", "ceremony_id": "essai", "email": ""}
    one_shot = issue_one_shot(keys.issuer, now=now, minutes=1, **person)
    try:
        one_shot.certificate.verify_directly_issued_by(keys.issuer.certificate)
    except (InvalidSignature, ValueError, TypeError):
        raise Misconfigured("SEING_ISSUER_KEY", "ne donne pas de certificat valable.", "Vérifiez la clé.") from None
    return sealed
