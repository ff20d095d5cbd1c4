"""A blank page sealed, time-stamped, verified: a wrong passphrase or an expired certificate is found at deployment."""

from datetime import UTC, datetime

from pipeline.bootstrap import Keys
from pipeline.errors import Misconfigured
from signing.seal import seal_document
from signing.verify import verify
from templates.brand import Brand
from templates.layout import Flow, Furniture
from templates.pdf import Facts


def blank_page(when: datetime) -> bytes:
    """One page with a heading, drawn by the engine that draws everything else."""
    flow = Flow(
        Facts(title="Essai de scellement", language="fr-FR", when=when),
        Furniture(Brand("Seing"), "Essai", foot="Seing"),
    )
    flow.heading(1, "Essai de scellement")
    return flow.finish()


def seal_blank_page(keys: Keys, now: datetime) -> None:
    """Raises `Misconfigured` where the result does not verify, and lets errors of keys and time-stamps through."""
    sealed = seal_document(
        blank_page(now.astimezone(UTC)),
        keys.seal,
        when=now,
        reason="Essai de scellement",
        location="",
        timestamper=keys.timestamper,
    )
    report = verify(sealed, trust=keys.roots)
    if not report.passed:
        raise Misconfigured("SEING_SEAL_P12", f"does not give a valid seal: {report.sentence}", "Check key and chain.")
