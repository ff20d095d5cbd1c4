"""The first page: who signed what, when, and how that is known, for a reader who has one minute."""

from collections.abc import Sequence

from templates import brand, layout
from templates.documents.evidence.words import Words
from templates.documents.sheet import printable
from templates.layout import Block, Columns, Flow, Items, Pairs, Rule, Style, Text

GAP = 2 * brand.STEP
THIRD = (layout.WIDTH - 2 * GAP) / 3
ANSWER = Style(brand.HEAD, 18.0, bold=True)


def story(made: Flow, words: Words) -> None:
    """Adds the page."""
    t, shown, facts = words.t, words.shown, words.facts
    order, customer, who = facts.order, facts.customer, facts.signatory
    made.heading(1, t("title"))
    made.text(
        printable(
            words.act(
                "lead",
                account=facts.payment.iban_masked or "",
                at=shown.instant(order.signed_at),
                name=who.name,
                role=who.role,
                company=who.company,
                number=order.number,
                total=shown.money(order.total_incl_vat),
                seller=facts.seller.name,
            )
        ),
        before=4,
    )
    if facts.training:
        made.text(t("training"), layout.STRONG, before=brand.STEP)
    _glance(made, words)
    key = "for_whom_value" if customer.siren else "for_whom_no_siren"
    pairs = [
        (t("for_whom"), t(key, company=customer.legal_name, siren=words.siren(customer.siren or ""), epj=customer.epj)),
        (
            t("with_whom"),
            t(
                "with_whom_value",
                seller=facts.seller.name,
                siren=words.siren(facts.seller.siren),
                rep=facts.rep.name,
                agency=facts.agency.name,
            ),
        ),
        (t("how"), words.named("how", facts.ceremony.mode)),
        (t("fingerprint"), facts.ceremony.bound_document_sha256),
    ]
    made.add(
        Pairs(
            [(label, printable(value)) for label, value in pairs if value],
            width=layout.WIDTH,
            label=88,
            before=2 * brand.STEP,
        )
    )
    made.heading(2, t("known"), before=2 * brand.STEP)
    made.add(
        Items([(f"{i}.", printable(each)) for i, each in enumerate(_known(words), 1)], width=layout.WIDTH, before=4)
    )
    made.heading(2, t("worth"), before=2 * brand.STEP)
    made.text(t("worth_text"), before=4)
    made.heading(2, t("check"), before=2 * brand.STEP)
    made.text(t("check_text"), before=4)
    made.page_break()


def _glance(made: Flow, words: Words) -> None:
    """Who, what and when as the largest things after the title, between two rules as on the order form."""
    t, shown, order, who = words.t, words.shown, words.facts.order, words.facts.signatory
    day, _, rest = shown.instant(order.signed_at).partition(" (")
    answers = (
        (t("who"), who.name, t("who_note", role=who.role)),
        (
            t("what"),
            words.act("what_value", total=shown.money(order.total_incl_vat)),
            words.act(
                "what_note",
                number=order.number,
                net=shown.money(order.total_excl_vat),
                account=words.facts.payment.iban_masked or "",
            ),
        ),
        (t("when"), day, t("when_note", zone=rest.rstrip(")"), place=order.place).rstrip(" ·")),
    )
    columns: list[tuple[float, Sequence[Block]]] = []
    for i, (question, answer, note) in enumerate(answers):
        blocks = [
            Text(question, layout.coloured(layout.STRONG, made.accent), width=THIRD),
            Text(printable(answer), ANSWER, width=THIRD, before=4),
            Text(printable(note), layout.SMALL_SOFT, width=THIRD, before=2),
        ]
        columns.append((i * (THIRD + GAP), blocks))
    made.add(Rule(layout.WIDTH, before=2 * brand.STEP, after=2 * brand.STEP, colour=made.accent))
    made.add(Columns(columns))
    made.add(Rule(layout.WIDTH, before=2 * brand.STEP, after=0))


def _known(words: Words) -> list[str]:
    """What each of document, person, will, moment and course of events rests on."""
    t, shown, facts = words.t, words.shown, words.facts
    ceremony = facts.ceremony
    used = next((code for code in ceremony.codes if code.outcome == "used"), None)
    stamp = next((each for each in facts.time_stamps if each.covers == "customer_signature"), None)
    moment = t("known_moment_none")
    if stamp:
        moment = t("known_moment", authority=words.common_name(stamp.authority), stamped=shown.instant(stamp.at))
    return [
        words.act("known_document", seller=facts.seller.name, amount=shown.money(ceremony.bound_amount)),
        t(
            "known_person",
            mobile=facts.signatory.mobile.masked,
            channel=words.named("channel", used.channel if used else "sms"),
            delivery=words.named("delivery", used.delivery if used else "unknown"),
            accepted=shown.instant(ceremony.code_accepted_at),
            tries=ceremony.wrong_tries,
        ),
        t("known_will", count=sum(1 for consent in facts.consents if consent.given)),
        moment,
        t("known_chain", count=len(words.evidence.events)),
    ]
