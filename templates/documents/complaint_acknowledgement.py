"""Acknowledgement of a complaint: what was noted, word for word, and when the answer comes."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, Literal

from templates import brand, catalog, layout
from templates.documents.sheet import ABOVE, MILLIMETRE, Blank, Look, flow
from templates.french import formats
from templates.layout import Pairs

VERSION: Final = "2026.1"
Origin = Literal["visit", "phone", "mail", "letter", "web"]


@dataclass(frozen=True, kw_only=True)
class ComplaintAcknowledgementData:
    """One complaint; edition and order number are mandatory."""

    look: Look
    number: str
    order_number: str
    edition: int
    epj: str
    company: str
    contact: str
    """Whom the letter greets."""
    address: tuple[str, ...]
    received_at: datetime
    answer_by: date
    subject: str
    text: str = field(repr=False)
    """The complaint, as it was told or written."""
    recorded_by: str
    email: str
    phone: str
    """Where to reach the customer service, E.164."""
    origin: Origin = "visit"


SAMPLE: Final = ComplaintAcknowledgementData(
    look=Look(
        brand=brand.Brand("Lumière Annuaires"),
        foot="Lumière Annuaires SA, 7 avenue de la Cristallerie, 92310 Sèvres, RCS Nanterre 904 125 762",
    ),
    number="REC-2027-000318",
    order_number="2026-LYO-000042",
    edition=2027,
    epj="05123874",
    company="AU NOM DE LA ROSE LYON SARL",
    contact="Hélène Garnier",
    address=("12 rue de la République", "69002 Lyon"),
    received_at=datetime(2027, 2, 11, 9, 24, tzinfo=UTC),
    answer_by=date(2027, 2, 25),
    subject="Numéro de téléphone erroné dans l'insertion pagesjaunes.fr",
    text="Le numéro affiché est celui de notre ancienne boutique <rue Mercière>.\n"
    "Nos clients l'appellent depuis trois semaines & personne ne répond.\n\n"
    "Je demande la correction sous 48 heures et un geste commercial.",
    recorded_by="Claire Delmas, commerciale, Agence de Lyon",
    email="service.client@lumiere-annuaires.example",
    phone="+33146233000",
)


def render(data: ComplaintAcknowledgementData) -> bytes:
    """The letter (PDF/A-3b, PDF/UA-1)."""
    t, shown = catalog.texts("complaint_acknowledgement", data.look.language), formats(data.look.language)
    answer_by = shown.long_date(data.answer_by)
    made = flow(
        data.look,
        title=t("file_title", number=data.number),
        running=t("running", number=data.number),
        when=data.received_at,
    )
    # The address stands where the window of a French envelope shows it: right half, 45 mm from the top.
    made.add(Blank(45 * MILLIMETRE - ABOVE))
    made.add(
        layout.Columns(
            [(layout.WIDTH / 2, [layout.Text("\n".join((data.company, *data.address)), width=layout.WIDTH / 2)])]
        )
    )
    made.space(6 * brand.STEP)
    made.heading(1, t("title"))
    made.text(t("greeting", name=data.contact), before=2 * brand.STEP)
    made.text(t("received", at=shown.instant(data.received_at), answer_by=answer_by), before=brand.STEP)
    made.heading(2, t("facts"))
    made.add(
        Pairs(
            [
                (t("number"), data.number),
                (t("order"), data.order_number),
                (t("edition"), str(data.edition)),
                (t("client"), data.company),
                (t("epj"), data.epj),
                (t("origin"), t(f"origin.{data.origin}")),
                (t("by"), data.recorded_by),
                (t("subject"), data.subject),
            ],
            width=layout.WIDTH,
            ruled=True,
            before=4,
        )
    )
    made.heading(2, t("words"))
    made.text(data.text, before=4)
    made.heading(2, t("next"))
    made.items([t("next_review"), t("next_answer", answer_by=answer_by), t("next_rights")], before=4)
    made.text(t("contact", number=data.number, email=data.email, phone=shown.phone(data.phone)), before=2 * brand.STEP)
    return made.finish()
