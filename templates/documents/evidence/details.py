"""The details: parties, signatory, documents, consents word for word, the signing, declarations, payment."""

from templates import brand, layout
from templates.documents.evidence.words import Words
from templates.documents.sheet import printable
from templates.layout import Column, Columns, Flow, Pairs, Rich, Row, Table

HALF = layout.WIDTH / 2
GAP = 2 * brand.STEP


def details(made: Flow, words: Words) -> None:
    """Adds sections 1 to 7."""
    _parties(made, words)
    _signatory(made, words)
    _documents(made, words)
    _consents(made, words)
    _ceremony(made, words)
    _declarations(made, words)
    _payment(made, words)


def pairs(made: Flow, values: list[tuple[str, str | None]], *, label: float = 168) -> None:
    """Adds labels and values; what has no value is left out."""
    kept = [(name, printable(value)) for name, value in values if value]
    made.add(Pairs(kept, width=layout.WIDTH, label=label, before=4))


def _parties(made: Flow, words: Words) -> None:
    t, facts = words.t, words.facts
    made.heading(2, t("parties"), before=0)
    sold = [
        (t("seller"), facts.seller.name),
        (t("siren"), words.siren(facts.seller.siren)),
        (t("address"), "\n".join(facts.seller.address)),
        (t("agency"), f"{facts.agency.name} ({facts.agency.code})"),
        (t("rep"), t("rep_value", name=facts.rep.name, id=facts.rep.id)),
        (t("device"), facts.rep.device or ""),
    ]
    bought = [
        (t("customer"), facts.customer.legal_name),
        (t("siren"), words.siren(facts.customer.siren or "")),
        (t("address"), "\n".join(facts.customer.address)),
        (t("epj"), facts.customer.epj),
    ]
    columns = [[(name, printable(value)) for name, value in side if value] for side in (sold, bought)]
    made.add(
        Columns(
            [
                (0.0, [Pairs(columns[0], width=HALF - GAP, label=80)]),
                (HALF, [Pairs(columns[1], width=HALF, label=80)]),
            ],
            before=4,
        )
    )


def _signatory(made: Flow, words: Words) -> None:
    t, who = words.t, words.facts.signatory
    made.heading(2, t("signatory"))
    pairs(
        made,
        [
            (t("name"), who.name),
            (t("role"), who.role),
            (t("company"), who.company),
            (t("email"), who.email),
            (t("mobile"), who.mobile.masked),
        ],
        label=80,
    )
    if who.identity:
        rows = [Row([printable(each.name), printable(each.value), printable(each.obtained)]) for each in who.identity]
        heads = [Column(t("element"), 120), Column(t("value"), 150), Column(t("obtained"))]
        made.add(Table(heads, rows, width=layout.WIDTH, accent=made.accent, row_heads=True))


def _documents(made: Flow, words: Words) -> None:
    t, shown, facts = words.t, words.shown, words.facts
    made.heading(2, t("documents"))
    rows = []
    for each in facts.documents:
        about = [
            Rich(printable(each.name), layout.SMALL_STRONG),
            Rich(t(each.role) if each.role in t else each.role),
            Rich(
                t("template_version", template=each.template, version=each.template_version),
                layout.SMALL_SOFT,
            ),
        ]
        if each.page_images:
            about.append(Rich(t("pages_shown", count=len(each.page_images)), layout.SMALL_SOFT))
        rows.append(Row([about, each.sha256, shown.quantity(each.size)]))
    heads = [Column(t("document")), Column("SHA-256", 166), Column(t("size"), 72, "right")]
    made.add(Table(heads, rows, width=layout.WIDTH, accent=made.accent))
    order = facts.order
    copy = t("canonical", reference=order.proposal_reference, version=order.proposal_version)
    pairs(
        made,
        [(copy, f"SHA-256 {order.canonical_sha256}"), (t("terms"), t("terms_value", version=facts.terms_version))],
    )


def _consents(made: Flow, words: Words) -> None:
    t, shown = words.t, words.shown
    made.heading(2, t("consents"))
    rows = []
    for consent in words.facts.consents:
        sign = layout.SIGNS["ticked" if consent.given else "empty"]
        answer = Rich(t("given" if consent.given else "not_given"), layout.SMALL_STRONG, sign)
        about = t("consent_facts", version=consent.version, at=shown.instant(consent.at))
        said = [
            Rich(printable(consent.text)),
            Rich(about, layout.SMALL_SOFT),
            Rich(f"SHA-256 {consent.sha256}", layout.SMALL_SOFT),
        ]
        rows.append(Row([answer, said]))
    if rows:
        heads = [Column(t("answer"), 84), Column(t("text"))]
        made.add(Table(heads, rows, width=layout.WIDTH, accent=made.accent))


def _ceremony(made: Flow, words: Words) -> None:
    t, shown, ceremony = words.t, words.shown, words.facts.ceremony
    made.heading(2, t("ceremony"))
    opened = t("opened_value", at=shown.instant(ceremony.opened_at), actor=words.actor(ceremony.opened_by))
    pairs(
        made,
        [
            (t("opened"), opened),
            (t("accepted"), shown.instant(ceremony.code_accepted_at)),
            (t("tries"), str(ceremony.wrong_tries)),
            (t("bound"), ceremony.bound_document_sha256),
            (t("bound_amount"), shown.money(ceremony.bound_amount)),
            (t("ip"), ceremony.ip),
            (t("user_agent"), ceremony.user_agent),
        ],
        label=120,
    )
    rows = []
    for code in ceremony.codes:
        sent, expires = words.moment(code.sent_at), words.moment(code.expires_at)
        provider = [Rich(printable(code.provider)), Rich(printable(code.provider_id or ""), layout.SMALL_SOFT)]
        rows.append(
            Row(
                [
                    f"{code.sequence} ({words.named('channel', code.channel)})",
                    [Rich(part) for part in sent],
                    [Rich(part) for part in expires],
                    provider if code.provider_id else provider[:1],
                    words.named("delivery", code.delivery),
                    words.named("outcome", code.outcome),
                ]
            )
        )
    heads = [
        Column(t("code"), 52),
        Column(t("sent"), 96),
        Column(t("expires"), 96),
        Column(t("provider")),
        Column(t("delivery"), 76),
        Column(t("outcome"), 56),
    ]
    if rows:
        made.add(Table(heads, rows, width=layout.WIDTH, accent=made.accent))


def _declarations(made: Flow, words: Words) -> None:
    t, shown, said = words.t, words.shown, words.facts.declarations
    right = t("right_no")
    if said.withdrawal_applies and said.withdrawal_until:
        right = t("right_yes", until=shown.long_date(said.withdrawal_until))
    made.heading(2, t("declarations"))
    pairs(
        made,
        [
            (t("headcount"), said.headcount),
            (t("outside"), words.yes(said.outside_main_activity)),
            (t("right"), right),
            (t("early"), words.yes(said.early_start)),
        ],
    )


def _payment(made: Flow, words: Words) -> None:
    t, paid = words.t, words.facts.payment
    made.heading(2, t("payment"))
    pairs(
        made,
        [
            (t("method"), words.named("method", paid.method)),
            (t("umr"), paid.mandate_umr),
            (t("creditor"), paid.creditor_id),
            (t("holder"), paid.account_holder),
            (t("account"), paid.iban_masked),
        ],
    )
