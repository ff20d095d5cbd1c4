import io

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

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
