"""Signature fields: the two that the order form is drawn with, and those that have no place on a page.

A field drawn by the signing library would have no structure element, and PDF/UA-1 (7.18.4) asks one of every widget.
So visible fields are drawn with the document, and what is added later, for a time-stamp or on a document drawn without
a field, is a field without a widget: nothing to see, nothing to tag.
"""

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import read_certification_data

from signing.errors import UnusablePdf

SELLER = "seller"
CLIENT = "client"
TIMESTAMP = "timestamp"
"""Document time-stamps are numbered: timestamp1, timestamp2..."""

WHOLE_FORM = FieldMDPSpec(FieldMDPAction.ALL)
NOTHING_MORE = MDPPerm.NO_CHANGES
"""After the customer's signature only archival data may follow (ISO 32000-2, 12.8.2.2, P = 1)."""


def require_empty(writer: IncrementalPdfFileWriter, name: str) -> generic.DictionaryObject:
    """The field of that name, ready to be filled.

    Raises:
        UnusablePdf: there is none, or it is filled already.
    """
    for _, value, reference in enumerate_sig_fields(writer, with_name=name):
        if value is not None:
            raise UnusablePdf(f"the signature field {name!r} is already filled")
        field: generic.DictionaryObject = reference.get_object()
        return field
    raise UnusablePdf(f"there is no signature field {name!r}")


def require_unsigned(writer: IncrementalPdfFileWriter) -> dict[str, generic.Reference]:
    """The fields of a file in which nothing is signed: a certification comes first (ISO 32000-2, 12.8.2.2).

    Raises:
        UnusablePdf: something is signed in it.
    """
    empty: dict[str, generic.Reference] = {}
    for name, value, reference in enumerate_sig_fields(writer):
        if value is not None:
            raise UnusablePdf("this PDF is already signed: a certification comes first")
        empty[name] = reference
    return empty


def require_certified(writer: IncrementalPdfFileWriter) -> None:
    """A customer signs what the seller has certified, and left open for signing.

    Raises:
        UnusablePdf: there is no certification, or it allows no signature after it.
    """
    try:
        certified = read_certification_data(writer.prev)
    except (PdfError, KeyError, ValueError, AttributeError):
        certified = None
    if certified is None or certified.permission is not MDPPerm.FILL_FORMS:
        raise UnusablePdf("this PDF is not certified for form filling")


def add_lock(writer: IncrementalPdfFileWriter, reference: generic.Reference) -> None:
    """Give an empty field the lock that its signature will apply: all fields, no more changes.

    To be called before the first signature, which it then belongs to; nothing happens to one drawn with its lock.
    """
    if "/Lock" in reference.get_object():
        return
    lock = WHOLE_FORM.as_sig_field_lock()
    lock[pdf_name("/P")] = generic.NumberObject(NOTHING_MORE.value)
    reference.get_object()[pdf_name("/Lock")] = writer.add_object(lock)
    writer.mark_update(reference)


def add_unseen(writer: IncrementalPdfFileWriter, name: str) -> None:
    """Add an empty signature field without a widget."""
    root = writer.root
    if "/AcroForm" not in root:
        root[pdf_name("/AcroForm")] = writer.add_object(generic.DictionaryObject())
        writer.update_root()
    form = root["/AcroForm"]
    if "/Fields" not in form:
        form[pdf_name("/Fields")] = generic.ArrayObject()
        writer.update_container(form)
    fields = form["/Fields"]
    field = generic.DictionaryObject({pdf_name("/FT"): pdf_name("/Sig"), pdf_name("/T"): pdf_string(name)})
    fields.append(writer.add_object(field))
    writer.update_container(fields)


def next_timestamp(writer: IncrementalPdfFileWriter) -> str:
    """The first free name for a document time-stamp."""
    taken = {name for name, _, _ in enumerate_sig_fields(writer)}
    return next(name for name in (f"{TIMESTAMP}{n}" for n in range(1, len(taken) + 2)) if name not in taken)
