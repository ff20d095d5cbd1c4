"""Attacks by what comes after the customer's signature: most live on what one reader sees and the next does not."""

import asyncio
import io
import re

from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper

from tests.signing.attacks import forge
from tests.signing.attacks.on_pdf import BROKEN, CHANGED, _forged_dictionary, attack, good, phk_stamper

STRICTER = {
    "content_named_twice_in_one_table",
    "content_of_an_unknown_kind",
    "everything_up_to_the_end_of_an_unknown_kind",
}
"""Attacks on cross-references that pyHanko lets pass, and our reading refuses."""

CHEAP = b"BT /F1 12 Tf 72 680 Td (Total : 1,00 EUR) Tj ET"
HEAD = (0, 0, 65535, b"f")


def cheap(pdf: bytes) -> bytes:
    """Another content for the first page, as an object."""
    return forge.body(forge.number_of_content(pdf), CHEAP)


# Other readers search a file whose trailer they do not like, and find what no cross-reference names.


@attack("file.unsigned_changes")
def objects_for_readers_that_rebuild_the_file():
    """A revision without changes; but its trailer names no catalog, and another content lies before it."""
    return forge.section(good(), [HEAD], before=cheap(good()), root=False)


@attack("file.unsigned_changes")
def objects_for_readers_that_rebuild_an_archived_file():
    return forge.section(good("B-LTA"), [HEAD], before=cheap(good("B-LTA")), root=False)


@attack("file.unsigned_changes")
def objects_that_no_cross_reference_names():
    return forge.section(good(), [HEAD], before=cheap(good()))


@attack("file.unsigned_changes")
def objects_with_a_comment_in_their_heads():
    number = b"%d" % forge.number_of_content(good())
    hidden = cheap(good()).replace(number + b" 0 obj", number + b" % bon\n0 % pour\nobj", 1)
    return forge.section(good(), [HEAD], before=hidden)


@attack("file.unsigned_changes")
def trailer_that_no_cross_reference_names():
    return forge.section(good(), [HEAD], before=b"trailer\n<< /Root 1 0 R >>\n")


@attack("file.unsigned_changes")
def trailer_without_catalog():
    return forge.section(good(), [HEAD], root=False)


@attack(CHANGED)
def catalog_that_nothing_names():
    """Readers that search a damaged file may take the newest catalog for the one."""
    pdf = good()
    pages = PdfFileReader(io.BytesIO(pdf)).root.raw_get("/Pages").idnum
    own = int(PdfFileReader(io.BytesIO(pdf)).trailer_view["/Size"])
    orphan = b"%d 0 obj\n<< /Type /Catalog /Pages %d 0 R >>\nendobj\n" % (own, pages)
    return forge.section(pdf, [HEAD, (own, len(pdf), 0, b"n")], before=orphan, size=own + 1)


# Cross-references that readers read differently.


@attack("file.unreadable")
def content_named_twice_in_one_table():
    """Some readers take the first of two entries, others the last."""
    number = forge.number_of_content(good())
    rows = [(number, len(good()), 0, b"n"), (number, forge.place_of(good(), number), 0, b"n")]
    return forge.section(good(), rows, before=cheap(good()))


@attack("file.unreadable")
def content_of_an_unknown_kind():
    """To be taken for nothing (ISO 32000-2, 7.5.8.3); some take what was there before."""
    return forge.section_in_a_stream(good(), [(forge.number_of_content(good()), 3, 0, 0)])


@attack("file.unreadable")
def everything_up_to_the_end_of_an_unknown_kind():
    """The same in one run of rows, which are read in another way."""
    first = forge.number_of_content(good())
    end = int(PdfFileReader(io.BytesIO(good())).trailer_view["/Size"])
    return forge.section_in_a_stream(good(), [(number, 9, 0, 0) for number in range(first, end)])


@attack(CHANGED)
def content_freed():
    return forge.section(good(), [(forge.number_of_content(good()), 0, 1, b"f")])


@attack(CHANGED)
def content_freed_at_a_generation_that_never_was():
    return forge.section(good(), [(forge.number_of_content(good()), 0, 65535, b"f")])


@attack(CHANGED)
def content_of_another_generation():
    body = cheap(good()).replace(b" 0 obj", b" 1 obj", 1)
    return forge.section(good(), [(forge.number_of_content(good()), len(good()), 1, b"n")], before=body)


@attack(CHANGED | BROKEN)
def content_in_a_hybrid_reference():
    """Only readers that know cross-reference streams look there (ISO 32000-2, 7.5.8.4)."""
    pdf, number = good(), forge.number_of_content(good())
    own = int(PdfFileReader(io.BytesIO(pdf)).trailer_view["/Size"])
    hidden = cheap(pdf)
    start = len(pdf) + len(hidden)
    rows = b"".join(b"\x01" + place.to_bytes(4, "big") + b"\x00\x00" for place in (len(pdf), start))
    entries = b"/Type /XRef /W [1 4 2] /Index [%d 1 %d 1] /Size %d " % (number, own, own + 1)
    before = hidden + forge.body(own, rows, entries)
    return forge.section(pdf, [HEAD], before=before, more=b"/XRefStm %d " % start, size=own + 1)


@attack(CHANGED)
def the_whole_file_listed_anew():
    """A section that names every signed object, but another content, and none before it: all seems one revision."""
    pdf = good()
    reader = PdfFileReader(io.BytesIO(pdf))
    places = {}
    for revision in range(reader.xrefs.total_revisions):
        places |= {number: at for number, (_, at) in reader.xrefs.get_xref_data(revision).standard_xrefs.items()}
    places[forge.number_of_content(pdf)] = len(pdf)
    rows = [HEAD, *((number, at, 0, b"n") for number, at in sorted(places.items()))]
    whole = forge.section(pdf, rows, before=cheap(pdf))
    without = re.sub(rb"/Prev \d+ ", b"", whole[len(pdf) :])[: -len(b"startxref\n%d\n%%%%EOF\n" % len(pdf))]
    start = len(pdf) + len(cheap(pdf))
    rest = forge.section(pdf + without, [HEAD])[len(pdf + without) :]
    return pdf + without + re.sub(rb"/Prev \d+", b"/Prev %d" % start, rest)


# What is added to the form


def _on_the_form(key, value):
    def change(writer):
        form = writer.root["/AcroForm"]
        form[pdf_name(key)] = value
        writer.update_container(form)

    return forge.updated(good(), change)


@attack(CHANGED)
def looks_to_be_drawn_anew():
    """Readers would replace what the fields show by what they make of them."""
    return _on_the_form("/NeedAppearances", generic.BooleanObject(value=True))


@attack(CHANGED)
def fonts_added_to_the_form():
    return _on_the_form("/DR", generic.DictionaryObject({pdf_name("/Font"): generic.DictionaryObject()}))


@attack(CHANGED)
def dynamic_form_added():
    return _on_the_form("/XFA", generic.ArrayObject())


def _in_the_field(name, key, value, pdf=None):
    def change(writer):
        for reference in dict.get(writer.root["/AcroForm"], "/Fields"):
            field = reference.get_object()
            if field["/T"] == name:
                field[pdf_name(key)] = value(writer)
                writer.mark_update(reference.reference)

    return forge.updated(pdf or good("B-LTA"), change)


@attack(CHANGED)
def look_of_the_signed_field_replaced():
    def look(writer):
        box = generic.ArrayObject(generic.NumberObject(number) for number in (0, 0, 200, 60))
        entries = {"Type": pdf_name("/XObject"), "Subtype": pdf_name("/Form"), "BBox": box}
        return generic.DictionaryObject({pdf_name("/N"): forge.stream(writer, CHEAP, **entries)})

    return _in_the_field("seller", "/AP", look)


@attack(CHANGED)
def signed_field_moved():
    return _in_the_field(
        "client", "/Rect", lambda _: generic.ArrayObject(generic.NumberObject(number) for number in (70, 675, 300, 695))
    )


@attack(CHANGED)
def signed_field_made_read_only():
    return _in_the_field("client", "/Ff", lambda _: generic.NumberObject(1))


@attack(CHANGED)
def reason_of_the_signature_rewritten():
    return _forged_dictionary(Reason=pdf_string("Bon pour 1,00 EUR"))


def time_stamped_in(**entries):
    """The signed form with a good time-stamp of its own unit, in a field that holds these entries."""
    writer = IncrementalPdfFileWriter(io.BytesIO(good()))
    append_signature_field(writer, SigFieldSpec("tiers"))
    field = writer.root["/AcroForm"]["/Fields"][-1]
    field.update({pdf_name(f"/{key}"): value for key, value in entries.items()})
    return asyncio.run(
        PdfTimeStamper(phk_stamper(), field_name="tiers").async_timestamp_pdf(writer, "sha256")
    ).getvalue()


def _script():
    return generic.DictionaryObject(
        {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): pdf_string("app.beep()")}
    )


@attack(CHANGED)
def script_in_the_field_of_a_time_stamp():
    """Anyone can have a trusted unit stamp a file; a reader would run the script when the page is opened."""
    return time_stamped_in(AA=generic.DictionaryObject({pdf_name("/PO"): _script()}))


@attack(CHANGED)
def link_in_the_field_of_a_time_stamp():
    return time_stamped_in(A=_script())


@attack(CHANGED)
def note_in_the_field_of_a_time_stamp():
    return time_stamped_in(Contents=pdf_string("Total : 1,00 EUR TTC"))


# The signature's own bytes, which it does not cover


def _cms():
    start, end = forge.gap(good())
    return cms.ContentInfo.load(bytes.fromhex(good()[start + 1 : end - 1].decode())).dump()


@attack("signature.unreadable")
def bytes_behind_the_signature():
    return forge.with_contents(good(), _cms() + b"% bon pour 1,00 EUR")


@attack("signature.unreadable")
def signature_without_length():
    """An indefinite length (BER): where it ends is then a matter of reading."""
    return forge.with_contents(good(), b"\x30\x80" + _cms()[4:] + b"\x00\x00")


@attack("signature.unreadable")
def signature_with_a_longer_length():
    return forge.with_contents(good(), b"\x30\x84" + (len(_cms()) - 4).to_bytes(4, "big") + _cms()[4:])


@attack(BROKEN)
def signature_without_signed_attributes():
    def change(signed_data):
        signed_data["signer_infos"][0]["signed_attrs"] = cms.CMSAttributes([])

    return forge.with_cms(good(), change)


@attack(BROKEN)
def two_signers_in_one_signature():
    def change(signed_data):
        info = signed_data["signer_infos"][0].copy()
        info["unsigned_attrs"] = cms.CMSAttributes([])
        signed_data["signer_infos"].append(info)
        signed_data["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([])

    return forge.with_cms(good(), change)
