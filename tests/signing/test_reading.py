import io

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing import crossrefs, reading
from signing.reading import Reader
from templates.documents import order_form


def written(reader, number):
    stream = io.BytesIO()
    reader.get_object(generic.Reference(number, 0, reader)).write_to_stream(stream)
    return stream.getvalue()


def test_every_object_is_read_as_pyhanko_reads_it():
    """Of a real form, tagged and compressed, and of its page count."""
    pdf = order_form.render(order_form.SAMPLE)
    ours, stock = Reader(pdf), PdfFileReader(io.BytesIO(pdf))
    numbers = [reference.idnum for reference in stock.xrefs.explicit_refs_in_revision(0)]
    assert len(numbers) > 300
    for number in numbers[:: len(numbers) // 60]:
        assert written(stock, number) == written(ours, number)


@pytest.mark.parametrize(
    "text",
    [
        b"<>",
        b"<00>",
        b"<FEff0041>",
        b"<48 65\n6c6C 6f>",
        b"<487>",
        b"<zz>",
        b"<48",
        b"<4>8>",
        b"<" + b"a1" * 9000 + b">",
    ],
    ids=["empty", "zero", "UTF-16", "blanks", "odd", "no digits", "open", "two ends", "long"],
)
def test_hexadecimal_is_read_as_pyhanko_reads_it(text):
    """The same value, the same place in the stream after it, and the same refusals."""

    def outcome(read):
        stream = io.BytesIO(text + b" /Next")
        try:
            found = read(stream)
        except (PdfReadError, ValueError) as error:
            return type(error)
        return type(found), found, stream.tell()

    assert outcome(reading._digit_by_digit) == outcome(reading.read_hexadecimal)


@pytest.mark.parametrize(
    ("sizes", "places", "content"),
    [
        ([1, 2, 1], [0, 4], bytes.fromhex("000000ff 01001000 02000503 01fff001")),
        ([2, 3, 2], [7, 2], bytes.fromhex("0001 00abcd 0000 0002 000001 0002")),
        ([1, 2, 0], [0, 2], bytes.fromhex("010010 020005")),
        ([0, 2, 1], [0, 1], bytes.fromhex("001000")),
        ([1, 2, 1], [0, 1, 5, 1], bytes.fromhex("01001000 02000503")),
        ([1, 2, 1], [0, 3], bytes.fromhex("01001000 0200")),
        ([1, 2, 1], [0, 1], bytes.fromhex("01001000 02000503")),
        ([1, 8, 1], [0, 1], bytes.fromhex("01 ffffffffffffffff 00")),
        ([1, 2, 1], [0, 0], b""),
    ],
    ids=["all kinds", "wide", "no third", "no kind", "two parts", "short", "long", "huge", "none"],
)
def test_cross_references_are_read_as_pyhanko_reads_them(sizes, places, content):
    """The same entries in the same order, or the same refusal."""

    def outcome(read):
        numbers = {
            name: generic.ArrayObject(map(generic.NumberObject, v)) for name, v in (("/W", sizes), ("/Index", places))
        }
        stream = generic.StreamObject({**numbers, "/Size": generic.NumberObject(99)}, stream_data=content)
        try:
            return list(read(stream, strict=True))
        except (PdfReadError, ValueError, TypeError) as error:
            return type(error)

    assert outcome(crossrefs._field_by_field) == outcome(crossrefs.read_cross_references)


@pytest.mark.parametrize(
    "table",
    [b"1 0 2 9", b"4 0 4 9 ", b"5 0 4 9 ", b"4 0 5 ", b"4 0 5 9 6 12 ", b"a b c d "],
    ids=["others", "twice", "swapped", "cut", "longer", "no numbers"],
)
def test_a_damaged_table_is_refused(table):
    """An object stream whose table disagrees with the cross-references hides something."""
    with pytest.raises((PdfReadError, ValueError)):
        read_with(table)


def test_a_sound_table_is_read():
    """The same file with its table in order, so that the test above means something."""
    assert 7 == read_with(b"4 0 5 2 ")


def read_with(table):
    """Object 4 of a file whose second object is an object stream with this table."""
    pdf = pikepdf.Pdf.new()
    pdf.add_blank_page()
    file = io.BytesIO()
    pdf.save(file, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    reader = Reader(file.getvalue())
    stream = generic.StreamObject(
        {
            "/Type": generic.pdf_name("/ObjStm"),
            "/N": generic.NumberObject(2),
            "/First": generic.NumberObject(len(table)),
        },
        stream_data=table + b"7 8 ",
    )
    reader.cache_indirect_object(0, 900, stream)
    return reader._get_object_from_stream(4, 900, 0)
