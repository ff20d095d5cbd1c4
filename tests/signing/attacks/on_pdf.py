"""Attacks on the signed order: each takes nothing and gives a file that must not pass, with a reason expected."""

import io
import re
from datetime import timedelta

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from reportlab.pdfgen.canvas import Canvas

from signing import seal
from tests.signing import world
from tests.signing.attacks import forge

ATTACKS = {}
CHANGED = {"signature.changed", "file.unsigned_changes", "file.unreadable"}
BROKEN = {"signature.hash", "signature.byte_range", "signature.unreadable", "file.unreadable"}


def attack(*expected):
    """Registers an attack with the codes of which at least one must be found."""

    def keep(make):
        ATTACKS[make.__name__] = (make, set().union(*(one if isinstance(one, set) else {one} for one in expected)))
        return make

    return keep


def good(level="B-T"):
    return world.signed(level)


# Shadow attacks: what is seen was in the file, hidden, when it was signed.


def _shadow_form(*, overlay=False, twin=False) -> bytes:
    """A form prepared by the attacker, certified and signed in good faith.

    With `overlay`, a second content stream covers the true amount. With `twin`, a second body of the content
    stream's number lies in the file, which no cross-reference names yet.
    """
    form = world.form()
    reader = PdfFileReader(io.BytesIO(form))
    if overlay:

        def cover(writer):
            first, reference = forge.page(writer)
            covering = forge.stream(
                writer, b"1 g 70 675 300 20 re f 0 g BT /F1 12 Tf 72 680 Td (Total : 1,00 EUR) Tj ET"
            )
            first[pdf_name("/Contents")] = generic.ArrayObject([first.raw_get("/Contents"), covering])
            writer.mark_update(reference)

        form = forge.updated(form, cover)
    if twin:
        number = reader.root["/Pages"]["/Kids"][0].raw_get("/Contents").idnum
        body = b"BT /F1 12 Tf 72 680 Td (Total : 99 999,00 EUR TTC) Tj ET"
        hidden = b"%d 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (number, len(body), body)
        # Before the last cross-reference section, whose offset and startxref move along.
        start = int(re.findall(rb"startxref\s+(\d+)", form)[-1])
        form = form[:start] + hidden + form[start:].replace(b"%d" % start, b"%d" % (start + len(hidden)))
    return form


def _sign(form: bytes) -> bytes:
    shown = seal.certify(form, world.world().seal, when=world.NOW, reason="Offre", location="Lyon")
    return world.customer_signed(shown)


@attack(CHANGED)
def shadow_hide():
    def uncover(writer):
        first, reference = forge.page(writer)
        first[pdf_name("/Contents")] = first["/Contents"].raw_get(0)
        writer.mark_update(reference)

    return forge.updated(_sign(_shadow_form(overlay=True)), uncover)


@attack(CHANGED)
def shadow_hide_by_emptying_the_overlay():
    pdf = _sign(_shadow_form(overlay=True))
    reader = PdfFileReader(io.BytesIO(pdf))
    number = reader.root["/Pages"]["/Kids"][0]["/Contents"].raw_get(1).idnum
    return forge.raw_update(pdf, {number: b"<< /Length 0 >>\nstream\n\nendstream"})


@attack(CHANGED)
def shadow_replace_a_font():
    pdf = good()
    reader = PdfFileReader(io.BytesIO(pdf))
    fonts = reader.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"]
    number = fonts.raw_get("/F1").idnum
    swapped = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [54 /one 55 /nine] >> >>"
    return forge.raw_update(pdf, {number: swapped})


@attack(CHANGED)
def shadow_hide_and_replace_by_the_cross_reference_alone():
    pdf = _sign(_shadow_form(twin=True))
    hidden = pdf.index(b"99 999,00")
    at = pdf.rindex(b" 0 obj", 0, hidden)
    at = pdf.rindex(b"\n", 0, at) + 1
    number = int(pdf[at : pdf.index(b" ", at)])
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    trailer = PdfFileReader(io.BytesIO(pdf)).trailer_view
    tail = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Root %d 0 R /Size %d /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        number,
        at,
        trailer.raw_get("/Root").idnum,
        int(trailer["/Size"]),
        previous,
        len(pdf),
    )
    return pdf + tail


@attack(CHANGED)
def shadow_hide_and_replace_the_catalog():
    def swap(writer):
        other = Canvas(buffer := io.BytesIO())
        other.drawString(72, 680, "Total : 99 999,00 EUR TTC")
        other.save()
        pages = writer.import_object(PdfFileReader(io.BytesIO(buffer.getvalue())).root["/Pages"])
        writer.root[pdf_name("/Pages")] = writer.add_object(pages)
        writer.update_root()

    return forge.updated(good(), swap)


# Incremental saving


@attack(CHANGED)
def incremental_saving():
    def change(writer):
        first, reference = forge.page(writer)
        first[pdf_name("/Contents")] = forge.stream(writer, b"BT /F1 12 Tf 72 680 Td (Total : 1,00 EUR) Tj ET")
        writer.mark_update(reference)

    return forge.updated(good(), change)


def _content(pdf):
    number = PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Kids"][0].raw_get("/Contents").idnum
    body = b"BT /F1 12 Tf 72 680 Td (Total : 1,00 EUR) Tj ET"
    return {number: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(body), body)}


@attack(CHANGED)
def incremental_saving_by_hand():
    return forge.raw_update(good(), _content(good()))


@attack("file.truncated")
def incremental_saving_without_trailer():
    return forge.raw_update(good(), _content(good()), xref=False, trailer=False)


@attack("file.truncated")
def incremental_saving_without_cross_reference():
    return forge.raw_update(good(), _content(good()), xref=False)


@attack(CHANGED | {"signature.byte_range"})
def incremental_saving_with_end_mark_only():
    return forge.raw_update(good(), _content(good()), xref=False) + b"%%EOF\n"


@attack(CHANGED | {"signature.byte_range"})
def incremental_saving_with_the_old_startxref():
    start = re.findall(rb"startxref\s+(\d+)", good())[-1]
    return forge.raw_update(good(), _content(good()), xref=False) + b"startxref\n" + start + b"\n%%EOF\n"


@attack(CHANGED)
def objects_strayed_behind_validation_data():
    """Objects that no cross-reference names, between two good revisions."""
    pdf = good("B-LT")
    end = forge.revision_end(pdf, "client")
    stray = b"".join(b"%d 0 obj\n%s\nendobj\n" % item for item in _content(pdf).items()) + b"startxref\n0\n%%EOF\n"
    rest = pdf[end:]

    def shifted(match):
        return b"%010d" % (int(match[1]) + len(stray)) + match[2]

    rest = re.sub(rb"(\d{10})( 00000 n)", shifted, rest)
    start = re.findall(rb"startxref\s+(\d+)", rest)[-1]
    rest = rest.replace(b"startxref\n" + start, b"startxref\n%d" % (int(start) + len(stray)))
    return pdf[:end] + stray + rest


# Wrapping and universal forgery


@attack(BROKEN | CHANGED)
def wrapping():
    """The second signed part is moved to the end; a new signature dictionary in the hole points there."""
    pdf = good()
    one = forge.signature(pdf)
    _, first, second, length = (int(number) for number in one.byte_range)
    number = one.sig_field.raw_get("/V").idnum
    start = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    head = pdf[:second] + b"\n" + b" " * max(0, start - second - 1)
    trailer = PdfFileReader(io.BytesIO(pdf)).trailer_view
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-2])
    content = _content(pdf)
    bodies = content | {number: b""}

    def build(moved):
        forged = re.search(rb"%d 0 obj\s*(<<.*?>>)\s*endobj" % number, pdf, re.DOTALL)[1]
        forged = re.sub(rb"/ByteRange\s*\[[^]]*\]", b"/ByteRange [0 %d %d %d]" % (first, moved, length), forged)
        bodies[number] = forged
        table, objects = b"xref\n", b""
        size = len(table) + sum(len(b"%d 1\n%010d 00000 n \n" % (key, 0)) for key in bodies)
        tail = b"trailer\n<< /Root %d 0 R /Size %d /Prev %d >>\n" % (
            trailer.raw_get("/Root").idnum,
            int(trailer["/Size"]),
            previous,
        )
        for key, body in bodies.items():
            table += b"%d 1\n%010d 00000 n \n" % (key, start + size + len(tail) + len(objects))
            objects += b"%d 0 obj\n%s\nendobj\n" % (key, body)
        return head + table + tail + objects

    moved = len(build(0))
    for _ in range(3):
        moved = len(build(moved))
    return build(moved) + pdf[second:]


def _forged_dictionary(**changes):
    """The customer's signature dictionary redefined behind the file, with entries replaced or (None) left out."""
    pdf = good()

    def change(writer):
        one = writer.prev.embedded_signatures[-1]
        reference = one.sig_field.raw_get("/V").reference
        dictionary = writer.get_object(reference)
        for key, value in changes.items():
            if value is None:
                dictionary.pop(pdf_name(f"/{key}"), None)
            else:
                dictionary[pdf_name(f"/{key}")] = value
        writer.mark_update(reference)

    return forge.updated(pdf, change)


def _numbers(*values):
    return generic.ArrayObject(generic.NumberObject(value) for value in values)


USF = BROKEN | CHANGED


@attack(USF)
def usf_contents_missing():
    return _forged_dictionary(Contents=None)


@attack(USF)
def usf_contents_empty():
    return _forged_dictionary(Contents=generic.ByteStringObject(b""))


@attack(USF)
def usf_contents_zero():
    return _forged_dictionary(Contents=generic.ByteStringObject(b"\x00"))


@attack(USF)
def usf_contents_null():
    return _forged_dictionary(Contents=generic.NullObject())


@attack(USF)
def usf_byte_range_missing():
    return _forged_dictionary(ByteRange=None)


@attack(USF)
def usf_byte_range_null():
    return _forged_dictionary(ByteRange=generic.NullObject())


@attack(USF)
def usf_byte_range_empty():
    return _forged_dictionary(ByteRange=_numbers())


@attack(USF)
def usf_byte_range_zeros():
    return _forged_dictionary(ByteRange=_numbers(0, 0, 0, 0))


@attack(USF)
def usf_byte_range_negative():
    return _forged_dictionary(ByteRange=_numbers(0, 10, -10, 10))


@attack(USF)
def usf_byte_range_beyond():
    return _forged_dictionary(ByteRange=_numbers(0, 10, 20, 10**9))


@attack(USF)
def usf_unknown_format():
    return _forged_dictionary(SubFilter=pdf_name("/none.at.all"))


@attack(USF)
def usf_another_type():
    return _forged_dictionary(Type=pdf_name("/DocTimeStamp"))


@attack(BROKEN)
def contents_zeroed_in_place():
    return forge.with_contents(good(), b"")


@attack(BROKEN | {"file.field_empty"})
def value_taken_out_of_the_field():
    def change(writer):
        one = writer.prev.embedded_signatures[-1]
        field = writer.get_object(one.sig_field.container_ref)
        field.pop(pdf_name("/V"))
        writer.mark_update(one.sig_field.container_ref)

    return forge.updated(good(), change)


# Certificates and time-stamps


@attack("signature.certificate", "signature.crypto", "signature.unreadable")
def certificate_swapped():
    other = world.one_shot().certificate
    encoded = forge.cms.CertificateChoices.load(
        other.public_bytes(forge_encoding()),
    )

    def change(signed_data):
        signed_data["certificates"][0] = encoded
        signed_data["signer_infos"][0]["sid"] = forge.cms.SignerIdentifier(
            name="issuer_and_serial_number",
            value=forge.cms.IssuerAndSerialNumber(
                {"issuer": encoded.chosen.issuer, "serial_number": encoded.chosen.serial_number}
            ),
        )

    return forge.with_cms(good(), change)


def forge_encoding():
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


@attack("time_stamp.other")
def time_stamp_of_another_document():
    other = world.customer_signed(world.certified())

    def change(signed_data):
        token = forge.signature(other).signer_info["unsigned_attrs"]
        signed_data["signer_infos"][0]["unsigned_attrs"] = token

    return forge.with_cms(good(), change)


@attack("certificate.out_of_bounds_no_poe")
def time_stamp_removed():
    def change(signed_data):
        signed_data["signer_infos"][0]["unsigned_attrs"] = forge.cms.CMSAttributes([])

    return forge.with_cms(good(), change)


@attack("signature.crypto", "signature.hash")
def signature_of_another_document():
    """The whole, valid CMS of another order put into this one."""
    other = world.customer_signed(_other_certified())
    start, end = forge.gap(other)
    content = bytes.fromhex(other[start + 1 : end - 1].decode())
    return forge.with_contents(good(), content.rstrip(b"\x00"))


def _other_certified():
    other = forge.updated(world.form(), lambda writer: forge.page(writer)[0].update({pdf_name("/X"): pdf_name("/Y")}))
    return seal.certify(other, world.world().seal, when=world.NOW, reason="Offre", location="Lyon")


# Pieces cut off, added or changed


@attack("file.truncated", "file.unreadable")
def cut_in_half():
    return good()[: len(good()) // 2]


@attack("file.truncated")
def last_byte_but_three_cut():
    return good().rstrip()[:-3]


@attack("file.field_empty")
def customer_cut_off():
    return good()[: forge.revision_end(good(), "seller")]


@attack("file.unsigned_changes", "file.truncated", "file.unreadable")
def comment_behind_the_end():
    return good() + b"% bon pour 1,00 EUR\n%%EOF\n"


@attack(BROKEN | {"signature.hash"})
def one_byte_of_the_amount():
    """The amount lies in a compressed stream: any byte of it will do."""
    pdf = good()
    at = pdf.index(b"stream") + 12
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


@attack({"signature.hash", "signature.crypto"})
def one_byte_of_the_claimed_time():
    return forge.in_place(good(), rb"/M (D\07220261123", rb"/M (D\07220251123")


@attack(CHANGED)
def page_appended():
    def add(writer):
        blank = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Page"),
                pdf_name("/MediaBox"): _numbers(0, 0, 595, 842),
                pdf_name("/Contents"): forge.stream(writer, b""),
            }
        )
        writer.insert_page(blank)

    return forge.updated(good(), add)


def _annotate(writer, kind="/FreeText"):
    first, reference = forge.page(writer)
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name(kind),
            pdf_name("/Rect"): _numbers(70, 675, 300, 695),
            pdf_name("/Contents"): pdf_string("Total : 1,00 EUR TTC"),
            pdf_name("/F"): generic.NumberObject(4),
        }
    )
    kept = first.get("/Annots", generic.ArrayObject())
    first[pdf_name("/Annots")] = generic.ArrayObject([*kept, writer.add_object(note)])
    writer.mark_update(reference)


@attack(CHANGED)
def annotation_over_the_amount():
    return forge.updated(good(), _annotate)


@attack(CHANGED)
def stamp_annotation_between_seal_and_customer():
    """The rep adds a note to the certified form before the customer signs it (evil annotation)."""
    return _customer_on(forge.updated(world.certified(), _annotate))


def _customer_on(pdf):
    """The customer's signature on a file that our own sealing would refuse, made with pyHanko alone."""
    from pyhanko.sign import signers
    from pyhanko.sign.fields import SigSeedSubFilter

    one = world.one_shot()
    meta = signers.PdfSignatureMetadata(field_name="client", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
    return (
        signers.PdfSigner(meta, phk_signer(one._key, one.certificate), timestamper=phk_stamper())
        .sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), existing_fields_only=True)
        .getvalue()
    )


def phk_signer(key, certificate):
    """A pyHanko signer for a key of ours."""
    from asn1crypto import keys
    from asn1crypto import x509 as asn1_x509
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from pyhanko.sign import signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    encoded = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore()
    issuer = world.world().issuer.certificate
    store.register(asn1_x509.Certificate.load(issuer.public_bytes(Encoding.DER)))
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(encoded),
        cert_registry=store,
    )


def phk_stamper():
    """Our time-stamping unit as pyHanko wants one."""
    from pyhanko.sign.timestamps import TimeStamper

    class Stamper(TimeStamper):
        async def async_request_tsa_response(self, req):
            from asn1crypto import tsp

            return tsp.TimeStampResp.load(world.world().stamper().reply(req.dump()))

    return Stamper()


@attack(CHANGED)
def form_value_changed_after_signing():
    return forge.updated(world.signed(text_field=True), _refill)


@attack(CHANGED)
def form_value_changed_between_seal_and_customer():
    return _customer_on(forge.updated(world.certified(text_field=True), _refill))


def _refill(writer):
    for field in writer.root["/AcroForm"]["/Fields"]:
        if field.get_object().get("/T") == "remise":
            field.get_object()[pdf_name("/V")] = pdf_string("90 %")
            writer.mark_update(field.reference)
            return
    raise AssertionError("no text field")


@attack(CHANGED)
def third_signature():
    """A signature after the lock, which pyHanko itself makes without a word."""
    from pyhanko.sign import signers
    from pyhanko.sign.fields import SigSeedSubFilter

    one = world.one_shot()
    meta = signers.PdfSignatureMetadata(field_name="tiers", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
    return signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(good())),
        meta,
        phk_signer(one._key, one.certificate),
        timestamper=phk_stamper(),
    ).getvalue()


@attack("file.field_empty")
def empty_signature_field_added():
    return forge.updated(good(), lambda writer: append_signature_field(writer, SigFieldSpec("tiers")))


@attack(CHANGED | {"file.field_empty"})
def sneaky_signature_field_over_the_amount():
    spec = SigFieldSpec("tiers", on_page=0, box=(70, 675, 300, 695))
    return _customer_on(forge.updated(world.certified(), lambda writer: append_signature_field(writer, spec)))


@attack(CHANGED)
def title_changed():
    def change(writer):
        writer._info.get_object()[pdf_name("/Title")] = pdf_string("Devis sans engagement")
        writer.mark_update(writer._info)

    return forge.updated(good(), change)


@attack(CHANGED)
def script_added():
    def change(writer):
        action = generic.DictionaryObject(
            {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): pdf_string("app.alert('')")}
        )
        writer.root[pdf_name("/OpenAction")] = writer.add_object(action)
        writer.update_root()

    return forge.updated(good(), change)


@attack(CHANGED)
def metadata_added():
    def change(writer):
        reference = forge.stream(writer, b"<x/>", Type=pdf_name("/Metadata"), Subtype=pdf_name("/XML"))
        writer.root[pdf_name("/Metadata")] = reference
        writer.update_root()

    return forge.updated(good(), change)


@attack(CHANGED)
def language_changed_in_an_object_stream():
    def change(writer):
        writer.root[pdf_name("/Lang")] = pdf_string("en-GB")
        writer.update_root()

    return forge.updated(good("B-LTA"), change)


# Validation data


@attack(BROKEN | CHANGED | {"signature.hash"})
def dss_renamed_in_place():
    return forge.in_place(good("B-LTA"), b"/DSS", b"/DSX", last=False)


@attack(CHANGED)
def dss_renamed_in_place_without_document_time_stamp():
    return forge.in_place(good("B-LT"), b"/DSS", b"/DSX", last=False)


@attack(CHANGED)
def dss_removed_by_an_update():
    def change(writer):
        writer.root.pop(pdf_name("/DSS"))
        writer.update_root()

    return forge.updated(good("B-LTA"), change)


@attack(CHANGED | {"file.validation_data"})
def dss_with_a_foreign_entry():
    def change(writer):
        writer.root["/DSS"][pdf_name("/Pages")] = forge.stream(writer, b"x")
        writer.update_container(writer.root["/DSS"])

    return forge.updated(good("B-LT"), change)


@attack("file.validation_data", "signature.changed")
def dss_of_rubbish():
    def change(writer):
        store = generic.DictionaryObject({pdf_name("/Certs"): generic.ArrayObject([forge.stream(writer, b"rubbish")])})
        writer.root[pdf_name("/DSS")] = writer.add_object(store)
        writer.update_root()

    return forge.updated(good(), change)


@attack("time_stamp.order")
def time_stamped_in_the_future():
    return seal.sign_as_customer(
        world.certified(),
        world.one_shot(at=world.LATER + timedelta(days=1)),
        when=world.SIGNED_AT,
        timestamper=world.world().stamper(world.LATER + timedelta(days=1, minutes=1)),
        reason="Bon pour accord",
        location="Lyon",
    )
