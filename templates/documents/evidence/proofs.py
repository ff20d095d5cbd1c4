"""The proofs: every event with its hash, certificates, time-stamps, and the file that is attached."""

import hashlib

from templates import brand, layout
from templates.documents.evidence.data import Certificate
from templates.documents.evidence.details import pairs
from templates.documents.evidence.words import Words
from templates.documents.sheet import printable
from templates.layout import Column, Flow, Rich, Row, SignatureField, Stack, Table, Text


def proofs(made: Flow, words: Words, json: bytes) -> None:
    """Adds sections 8 to 10."""
    _timeline(made, words)
    _certificates(made, words)
    _file(made, words, json)


def _timeline(made: Flow, words: Words) -> None:
    t = words.t
    made.heading(2, t("timeline"))
    made.text(t("timeline_note"), layout.SMALL_SOFT, before=4, keep=True)
    rows, devices = [], dict[str, int]()
    for event in words.evidence.events:
        happened = [Rich(words.event(event.kind), layout.SMALL_STRONG)]
        data = words.data(event)
        if data:
            happened.append(Rich(data, layout.SMALL))
        happened.append(Rich(event.hash, layout.SMALL_SOFT))
        by = [Rich(words.actor(event.actor))]
        if event.ip:
            by.append(Rich(printable(event.ip), layout.SMALL_SOFT))
        if event.user_agent:
            first = devices.setdefault(event.user_agent, event.sequence)
            device = printable(event.user_agent) if first == event.sequence else t("same_device", number=first)
            by.append(Rich(device, layout.SMALL_SOFT))
        when = [Rich(t("number", number=event.sequence), layout.SMALL_STRONG), *map(Rich, words.moment(event.at))]
        rows.append(Row([when, happened, by]))
    made.add(
        Table(
            [Column(t("instant"), 92), Column(t("event")), Column(t("author"), 104)],
            rows,
            width=layout.WIDTH,
            accent=made.accent,
            summary=t("timeline_summary"),
        )
    )


def _certificates(made: Flow, words: Words) -> None:
    t, shown, facts = words.t, words.shown, words.facts
    made.heading(2, t("proofs"))
    pairs(
        made,
        [
            (t("level"), t("level_value", level=facts.level)),
            (t("algorithms"), ", ".join(facts.algorithms)),
        ],
        label=120,
    )
    if facts.certificates:
        made.add(
            Table(
                [Column(t("certificate")), Column(t("valid_from"), 88), Column(t("valid_to"), 88)],
                [_certificate(words, each) for each in facts.certificates],
                width=layout.WIDTH,
                accent=made.accent,
            )
        )
    if facts.time_stamps:
        rows = [
            Row(
                [
                    words.named("covers", each.covers),
                    shown.instant(each.at),
                    printable(
                        f"{words.common_name(each.authority)}\n{each.policy}\n"
                        f"{each.serial} · {_digest_name(each.digest_algorithm)}"
                    ),
                ]
            )
            for each in facts.time_stamps
        ]
        heads = [Column(t("stamp"), 112), Column(t("stamp_at"), 184), Column(t("stamp_by"))]
        made.add(Table(heads, rows, width=layout.WIDTH, accent=made.accent))


def _certificate(words: Words, each: Certificate) -> Row:
    t = words.t
    about = [
        Rich(words.named("certificate", each.role), layout.SMALL_STRONG),
        Rich(printable(t("subject", subject=each.subject))),
        Rich(printable(t("issuer", issuer=each.issuer))),
        Rich(t("serial", serial=each.serial), layout.SMALL_SOFT),
        Rich(t("sha256", sha256=each.sha256), layout.SMALL_SOFT),
    ]
    return Row([about, *([Rich(part) for part in words.moment(at)] for at in (each.not_before, each.not_after))])


def _digest_name(name: str) -> str:
    """`sha256` as the standards write it."""
    return name.upper().replace("SHA", "SHA-").replace("--", "-")


def _file(made: Flow, words: Words, json: bytes) -> None:
    t, evidence, software = words.t, words.evidence, words.facts.software
    made.heading(2, t("closing"))
    pairs(
        made,
        [
            (t("attached"), t("attached_name")),
            (t("attached_sha256"), hashlib.sha256(json).hexdigest()),
            (t("chain_head"), evidence.chain_head),
            (t("head_stamp"), t("head_stamped" if evidence.time_stamp else "head_not_stamped")),
            (t("software"), f"{software.name} {software.version}"),
        ],
    )
    # The field is drawn here, empty: one that the signing code made would be no element of the page (PDF/UA-1, 7.18.4).
    inside = layout.WIDTH - 4 * brand.STEP
    seller = printable(words.facts.seller.name)
    told = [
        Text(t("seal", seller=seller), layout.SMALL_STRONG, width=inside),
        Text(t("seal_note"), layout.SMALL_SOFT, width=inside),
    ]
    field = SignatureField(
        "seller", t("seal_field", seller=seller), Stack(told), width=layout.WIDTH, pad=2 * brand.STEP
    )
    field.before = 3 * brand.STEP
    made.add(field)
