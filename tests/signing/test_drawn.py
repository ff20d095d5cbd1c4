"""A form certified as it was drawn holds what pyHanko would have put into it; everything else is pyHanko's."""

import io
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signing import drawn, errors, seal
from signing.contents import signed_contents, tokens_in
from signing.fields import SELLER
from templates import brand
from templates.documents import mandate_amendment, order_form
from templates.layout import WIDTH, Flow, Furniture, SignatureField, Text
from templates.pdf import Attachment, Facts

NOW = datetime(2026, 11, 23, 17, 4, 5, tzinfo=UTC)
CLAIMS = {"when": NOW, "reason": "Bon de commande 2026-LYO-000042 (à signer)", "location": "Lyon"}


def page(*fields, lock=True, **finish):
    """One page with these fields."""
    flow = Flow(Facts("Essai", "fr-FR", NOW), Furniture(brand.Brand("Seing"), "Essai", foot="Seing"))
    flow.heading(1, "Essai")
    for name in fields:
        look = Text(name, width=WIDTH)
        flow.add(SignatureField(name, f"Champ ({name})", look, width=WIDTH, lock=lock and name == "client"))
    return flow.finish(**finish)


@pytest.fixture(scope="module")
def drawn_form():
    return order_form.render(order_form.SAMPLE)


def by_pyhanko(monkeypatch, pdf, keys, **claims):
    with monkeypatch.context() as patch:
        patch.setattr(drawn, "recognise", lambda *_: None)
        return seal.certify(pdf, keys.seal, **claims)


def told(value, numbers):
    """A value with what differs by right left out: which number an object has, where things lie, the signature."""
    if isinstance(value, generic.IndirectObject):
        return "signature" if value.idnum in numbers else value.idnum
    if isinstance(value, generic.DictionaryObject):
        free = {"/Contents", "/ByteRange"}
        return {str(key): told(value.raw_get(key), numbers) for key in value if key not in free}
    if isinstance(value, generic.ArrayObject):
        return [told(value.raw_get(at), numbers) for at in range(len(value))]
    return repr(value)


def update(pdf):
    """The objects of the last revision, the trailer's entries, the room in the signature."""
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    (one,) = reader.embedded_signatures
    changed = {ref.idnum for ref in reader.xrefs.explicit_refs_in_revision(1)}
    signature = one.sig_field.raw_get("/V").idnum
    objects = {}
    for number in changed:
        value = generic.Reference(number, 0, reader).get_object()
        if value.get("/Type") != "/XRef":
            objects["signature" if number == signature else number] = told(value, {signature})
    trailer = {key: told(reader.trailer_view.raw_get(key), set()) for key in ("/Root", "/Info", "/ID")}
    return objects, trailer, len(re.search(rb"/Contents ?<([0-9A-Fa-f]+)>", pdf)[1])


@pytest.mark.parametrize(
    "claims",
    [
        CLAIMS,
        CLAIMS | {"location": "", "reason": "Ελλάδα"},
        CLAIMS | {"when": NOW.astimezone(timezone(timedelta(hours=1)))},
    ],
)
@pytest.mark.parametrize(
    "make",
    [
        lambda: order_form.render(order_form.SAMPLE),
        lambda: mandate_amendment.render(mandate_amendment.SAMPLE),
        lambda: page("seller"),
        lambda: page("client", "seller"),
    ],
    ids=["order form", "amendment", "seller alone", "client first"],
)
def test_the_update_is_pyhankos(monkeypatch, keys, make, claims):
    """Catalog, field, signature dictionary, trailer and room are the same, object by object."""
    pdf = make()
    assert drawn.recognise(pdf, SELLER)
    assert update(seal.certify(pdf, keys.seal, **claims)) == update(by_pyhanko(monkeypatch, pdf, keys, **claims))


def test_it_carries_a_time_stamp(keys, drawn_form):
    """Level B-T goes the same way."""
    pdf = seal.certify(drawn_form, keys.seal, timestamper=keys.stamper(), **CLAIMS)
    (content,) = signed_contents(pdf)
    assert len(tokens_in(content)) == 1


def test_a_signature_too_large_for_its_room_is_refused(keys, drawn_form):
    """Nothing is cut off in silence."""

    class Wordy:
        token_size = 100

        def timestamp(self, digest):
            return keys.stamper().timestamp(digest) + b"\0" * 4000

    with pytest.raises(errors.SealNotConfirmed):
        seal.certify(drawn_form, keys.seal, timestamper=Wordy(), **CLAIMS)


@pytest.mark.parametrize(
    "make",
    [
        lambda keys, draw: draw(),
        lambda keys, draw: draw(compact=False),
        lambda keys, draw: page(),
        lambda keys, draw: page("client"),
        lambda keys, draw: page("seller", "client", lock=False),
        lambda keys, draw: page("seller", attachments=[Attachment("a.txt", b"a", "text/plain", "Data", "a", NOW)]),
        lambda keys, draw: seal.certify(page("seller", "client"), keys.seal, **CLAIMS),
        lambda keys, draw: b"",
    ],
    ids=["qpdf", "qpdf, classic", "no field", "no seller", "no lock", "attachment", "certified", "nothing"],
)
def test_other_files_are_left_to_pyhanko(keys, draw, make):
    """Whatever is not just as drawn, or wants more than a certification."""
    assert drawn.recognise(make(keys, draw), SELLER) is None


def places_that_matter(pdf):
    """The catalog, the fields, the table with its trailer: every byte of what is recognised."""
    found = drawn.recognise(pdf, SELLER)
    spans = [(pdf.index(found.catalog), len(found.catalog)), (pdf.index(found.widget), len(found.widget))]
    spans.append((found.table, len(pdf) - found.table))
    return [at for start, length in spans for at in range(start, start + length)]


def test_a_byte_changed_is_never_certified_as_something_else(keys):
    """With any byte of catalog, fields or table changed, it is not recognised, refused, or certified in its field."""
    pdf = page("seller", "client")
    for at in places_that_matter(pdf):
        for byte in b">9":
            changed = pdf[:at] + bytes([byte]) + pdf[at + 1 :]
            if changed == pdf or drawn.recognise(changed, SELLER) is None:
                continue
            certified = seal.certify(changed, keys.seal, **CLAIMS, thorough=False)
            try:
                reader = PdfFileReader(io.BytesIO(certified), strict=True)
                (one,) = reader.embedded_signatures
            except Exception:  # noqa: BLE001  # what pyHanko cannot read, `thorough` refuses
                with pytest.raises(errors.SealNotConfirmed):
                    seal.certify(changed, keys.seal, **CLAIMS)
                continue
            assert one.field_name == SELLER
            assert reader.root["/Perms"].raw_get("/DocMDP") == one.sig_field.raw_get("/V")
