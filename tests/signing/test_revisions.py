"""Files are judged as with pyHanko's own reading of revisions: same usages of objects, same verdicts."""

import functools
import io

import pytest
from asn1crypto import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

from signing import longterm, names, seal
from signing.reading import Reader
from signing.verify import structure
from signing.verify.trust import Trust
from templates.documents import order_form
from tests.signing import world
from tests.signing.attacks import forge
from tests.signing.attacks.on_updates import STRICTER
from tests.signing.test_parsing import FILES, by_bytes, outcome

TAGGED = {}


def tagged(change):
    """Registers what is done to a signed form with five hundred structure elements."""
    TAGGED[change.__name__] = lambda: forge.updated(signed(), change)
    return change


@functools.cache
def signed():
    """A real form at level B-LTA."""
    form = order_form.render(order_form.SAMPLE)
    shown = seal.certify(form, world.world().seal, when=world.NOW, reason="Offre", location="Lyon")
    pdf = longterm.add_validation_info(
        world.customer_signed(shown),
        certificates=[world.world().issuer.certificate, world.world().root],
        crls=[world.world().crl(), world.world().root_crl],
    )
    return longterm.add_document_timestamp(pdf, world.world().stamper())


def first_element(writer):
    """The document's structure element, and its reference."""
    below = writer.root["/StructTreeRoot"].raw_get("/K")
    while isinstance(below, generic.ArrayObject):
        below = below.raw_get(0)
    return below.get_object(), below.reference


@tagged
def nothing_but_a_new_catalog(writer):
    writer.update_root()


@tagged
def element_with_other_words(writer):
    element, reference = first_element(writer)
    element[pdf_name("/Alt")] = generic.pdf_string("Gratuit")
    writer.mark_update(reference)


@tagged
def element_there_twice(writer):
    element, reference = first_element(writer)
    element["/K"].append(element["/K"].raw_get(0))
    writer.mark_update(reference)


@tagged
def element_within_itself(writer):
    element, reference = first_element(writer)
    element["/K"].append(generic.IndirectObject(reference.idnum, 0, writer))
    writer.mark_update(reference)


@tagged
def structure_in_the_catalog_itself(writer):
    writer.root[pdf_name("/StructTreeRoot")] = generic.DictionaryObject(writer.root["/StructTreeRoot"])
    writer.update_root()


@tagged
def structure_gone(writer):
    writer.root[pdf_name("/StructTreeRoot")] = generic.NullObject()
    writer.update_root()


@tagged
def page_there_twice(writer):
    pages = writer.root["/Pages"]
    pages["/Kids"].append(pages["/Kids"].raw_get(0))
    writer.update_container(pages["/Kids"])


@tagged
def page_without_content(writer):
    first, reference = forge.page(writer)
    first[pdf_name("/Contents")] = forge.stream(writer, b"")
    writer.mark_update(reference)


@tagged
def note_on_a_page(writer):
    first, reference = forge.page(writer)
    note = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/P"): first.raw_get("/Parent")})
    first[pdf_name("/Annots")] = generic.ArrayObject([writer.add_object(note)])
    writer.mark_update(reference)


@tagged
def reference_to_nothing(writer):
    writer.root[pdf_name("/Nothing")] = generic.IndirectObject(99999, 0, writer)
    writer.update_root()


ALL = FILES | {"signed and tagged": signed} | TAGGED


@pytest.mark.parametrize("name", ALL)
def test_usages_are_those_of_pyhanko(name):
    """In each revision every object has the same paths from the trailer, or the same refusal."""
    pdf = ALL[name]()
    ours, stock = outcome(lambda: Reader(pdf)), outcome(lambda: Reader(pdf))
    if isinstance(ours, type):
        assert ours is stock
        return
    for revision in range(ours.xrefs.total_revisions):
        fast, slow = ours.get_historical_resolver(revision), HistoricalResolver(stock, revision)
        refusals = [outcome(lambda one=one: one._load_reverse_xref_cache()) for one in (fast, slow)]
        assert refusals[0] == refusals[1]
        if refusals[0] is None:
            expected = slow._indirect_object_access_cache
            assert expected == {reference: fast._get_usages_of_ref(reference) for reference in expected}
            assert fast._usages is None or len(fast._usages) == len(expected)
    assert fast._get_usages_of_ref(generic.Reference(99998)) == set()


def test_a_good_form_needs_no_help():
    """The walk of our own is the one that is used: otherwise nothing is gained, and the test above says nothing."""
    reader = Reader(signed())
    for revision in range(reader.xrefs.total_revisions):
        view = reader.get_historical_resolver(revision)
        view._load_reverse_xref_cache()
        assert len(view._usages) > 400


# PyHanko alone needs seconds for a tagged form.
@pytest.mark.parametrize(
    "name",
    [
        *(name for name in FILES if name not in STRICTER),
        *(pytest.param(name, marks=pytest.mark.slow) for name in ALL if name not in FILES),
    ],
)
def test_verdicts_are_those_with_pyhanko_alone(name, monkeypatch):
    """The whole report, word for word, without anything of ours between the file and pyHanko; but see `STRICTER`."""
    pdf = ALL[name]()
    ours = world.check(pdf)
    by_bytes(monkeypatch)
    monkeypatch.setattr(structure, "Reader", lambda content: PdfFileReader(io.BytesIO(content), strict=True))
    monkeypatch.setattr(x509.NameTypeAndValue, "_ldap_string_prep", names._stock_prepare)
    monkeypatch.setattr(x509.RDNSequence, "hashable", property(names._stock_hashable))
    monkeypatch.setattr(x509.RDNSequence, "__eq__", names._stock_equal)
    monkeypatch.setattr(Trust, "revocation_known", Trust._revocation_known)  # each time anew
    assert ours == world.check(pdf)


def test_forged_tagged_forms_do_not_pass():
    """What is changed in them is seen, and the form itself is good."""
    assert world.check(signed()).passed
    assert [name for name, make in TAGGED.items() if world.check(make()).passed] == []
