"""What is read and written at once is as pyHanko does it byte by byte: on good files, forged ones and oddities."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic, xref
from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.misc import PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing import crossrefs, parsing, reading, writing
from templates.documents import order_form
from tests.signing import world
from tests.signing.attacks.on_pdf import ATTACKS
from tests.signing.attacks.on_updates import STRICTER

GOOD = {
    "order form": lambda: order_form.render(order_form.SAMPLE),
    "B-LTA": lambda: world.signed("B-LTA"),
    "with a text field": lambda: world.form(text_field=True),
}
FILES = GOOD | {name: make for name, (make, _) in ATTACKS.items()}


def tree(value):
    """All that was read, and whose it is."""
    owner = getattr(value.container_ref, "idnum", type(value.container_ref).__name__)
    if isinstance(value, generic.StreamObject):
        held = [value.encoded_data, *((key, tree(value.raw_get(key))) for key in value)]
    elif isinstance(value, generic.DictionaryObject):
        held = [(key, tree(value.raw_get(key))) for key in value]
    elif isinstance(value, generic.ArrayObject):
        held = [tree(value.raw_get(at)) for at in range(len(value))]
    elif isinstance(value, generic.IndirectObject):
        held = (value.idnum, value.generation, type(value.reference.pdf).__name__)
    elif isinstance(value, generic.TextStringObject):
        held = (str(value), value.original_bytes, value.autodetected_encoding)
    elif isinstance(value, generic.BooleanObject):
        held = value.value
    elif isinstance(value, generic.NullObject):
        held = None
    else:
        held = repr(value)
    return type(value).__name__, owner, held


def outcome(act):
    """What comes of it, or the kind of refusal."""
    try:
        return act()
    except Exception as error:  # noqa: BLE001  # a forged file makes its readers raise anything
        return type(error)


def content(pdf):
    """Every section and object of a file, or the refusal of the file or of the object."""
    reader = outcome(lambda: PdfFileReader(io.BytesIO(pdf), strict=True))
    if isinstance(reader, type):
        return reader
    found = [outcome(lambda: tree(reader.trailer_view))]
    for section in reader.xrefs._xref_sections:
        read = section.xref_data
        found.append((read.freed, read.standard_xrefs, read.xrefs_in_objstm, read.obj_streams_used))
        for number, generation in sorted(read.explicit_refs_in_revision):
            reference = generic.Reference(number, generation, reader)
            found.append((number, generation, outcome(lambda one=reference: tree(reader.get_object(one)))))
    return found


def by_bytes(monkeypatch):
    """PyHanko as it comes."""
    monkeypatch.setattr(generic.DictionaryObject, "read_from_stream", staticmethod(parsing._byte_by_byte))
    monkeypatch.setattr(generic, "read_hex_string_from_stream", reading._digit_by_digit)
    monkeypatch.setattr(xref, "parse_xref_stream", crossrefs._field_by_field)
    monkeypatch.setattr(xref.XRefSectionData, "process_entries", crossrefs._one_by_one)


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_read_as_pyhanko_reads_it(name, monkeypatch):
    """The same sections, objects and refusals, to the last string; but for what it should refuse and does not."""
    pdf = FILES[name]()
    ours = content(pdf)
    by_bytes(monkeypatch)
    theirs = content(pdf)
    if name in STRICTER:
        assert ours is PdfStrictReadError
        assert isinstance(theirs, list)
    else:
        assert ours == theirs


def read(text, reader):
    stream = io.BytesIO(text)
    found = reader(stream, generic.Reference(7, 0, Handler()))
    return tree(found), stream.tell()


class Handler:
    """As strict as ours."""

    strict = True


@pytest.mark.parametrize(
    "text",
    [
        b"<<>> ",
        b"<</A 1/B -2.50/C .5/D +7/E 5. >>\nendobj",
        b"<</A(text)/B<feff00e9>/C<FF0>/D()/E<> >> ",
        b"<</A[1 0 R 2 0 R 3 65535 R]/B[[[]]]>> ",
        b"<</A true/B false/C null/D/Name/E/>> ",
        b"<< /A << /B << /C [ << /D (x) >> ] >> >> >>\x00 ",
        b"<</A 1%comment\n/B 2>> ",
        b"<</A#20B/C#41/D 1>> ",
        b"<</A(a\\(b\\)\\101)/B(a(b)c)>> ",
        b"<</A(\\101\\040\\377)/B(\\000)/C(\\1011)>> ",
        b"<</A(\\400)>> ",
        b"<</A(\\41)>> ",
        b"<</A(\\n\\101)>> ",
        b"<</A 1/A 2>> ",
        b"<</A 1  0  R/B 01 0 R/C 1 0 RX>> ",
        b"<</A 1234567890 0 R>> ",
        b"<</A 1 0>> ",
        b"<</A>> ",
        b"<</A 1 /B",
        b"<</A <</B 1>> stream\n>> ",
        b"<</A tru>> ",
        b"<</A --1>> ",
        b"<</A 1.2.3>> ",
        b"<</A <zz>>> ",
        b"<</A 1> > ",
        b"<</A {1}>> ",
        b"<</\xc3\xa9 1>> ",
        b"<</A\x7f 1>> ",
        b"<</A 1]>> ",
        b"<<1 /A>> ",
        b"<</Length 3>>\nstream\nabc\nendstream\nendobj",
        b"<</Length 9>>\nstream\nabc\nendstream\nendobj",
        b"<</A " + b"[" * 60 + b"]" * 60 + b">> ",
        b"<</A " + b"[" * 2000 + b"]" * 2000 + b">> ",
        b"<</A " + b"<</B " * 60 + b"1" + b">>" * 60 + b">> ",
        b"< </A 1>> ",
        b"/A",
        b"",
    ],
)
def test_dictionaries_are_read_as_pyhanko_reads_them(text, monkeypatch):
    """The same values, the same place in the stream after them, the same refusals."""
    ours = outcome(lambda: read(text, parsing.read_dictionary))
    by_bytes(monkeypatch)
    assert ours == outcome(lambda: read(text, parsing._byte_by_byte))


VALUES = b"(x)|(a\r\nb)|(\\n)|1|-2.5|+|.|007|1 0 R|0 0 R|true|null|nul|/B#20|/|<feff00e9>|<0>|[1 0 R]|[<</C 1>>]|\xe9"
ODD = b"(|)|<|>|<<|>>|[|]|1 0 obj|{|R|\x80|%c\n|stream\n|endstream|/Length 3| |\n|\r\n|\t|\x00|\x0c|/A|/D"
TOKENS = st.one_of(
    st.tuples(st.sampled_from([b"/A ", b"/C", b"/Length "]), st.sampled_from(VALUES.split(b"|"))).map(b"".join),
    st.sampled_from(ODD.split(b"|")),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(TOKENS, max_size=14), st.booleans())
def test_no_heap_of_tokens_is_read_otherwise(tokens, closed):
    """Whatever stands in a dictionary, sound or not: the values, the place after it or the refusal are pyHanko's."""
    text = b"<<" + b"".join(tokens) + (b">> " if closed else b"")
    ours = outcome(lambda: read(text, parsing.read_dictionary))
    with pytest.MonkeyPatch.context() as patch:
        by_bytes(patch)
        assert ours == outcome(lambda: read(text, parsing._byte_by_byte))


def test_what_is_not_in_memory_is_read_by_pyhanko(tmp_path):
    """A file on the disk has the same dictionary."""
    place = tmp_path / "one.txt"
    place.write_bytes(b"<</A [1 0 R (x)]>> ")
    with place.open("rb") as stream:
        found = parsing.read_dictionary(stream, generic.Reference(7, 0, Handler()))
    assert (tree(found), 18) == read(place.read_bytes(), parsing.read_dictionary)


@pytest.mark.parametrize("name", ["/Type", "/", "/A#B", "/a b", "/é", "/(x)", "/" + "x" * 300])
def test_names_are_written_as_pyhanko_writes_them(name):
    """Each twice, so that the kept form is compared too."""
    for _ in range(2):
        assert written(writing._name_by_bytes, generic.NameObject(name)) == written(
            writing.write_name, generic.NameObject(name)
        )


def test_no_name_without_its_slash():
    """As pyHanko: a programming error."""
    with pytest.raises(Exception, match="must start with"):
        written(writing.write_name, generic.NameObject("Type"))


@pytest.mark.parametrize(
    "text", ["", "Lyon 3e", "Hélène (gérante) \\ %", "Œuvre €", "Zażółć", "日本", "a\r\n\tb", "\x00"]
)
def test_strings_are_written_as_pyhanko_writes_them(text):
    """In its own encoding where it has the characters, otherwise in UTF-16; or in the one that was asked for."""
    value = generic.pdf_string(text)
    assert written(writing._text_by_bytes, value) == written(writing.write_text, value)
    value.force_output_encoding = generic.TextStringEncoding.UTF8
    assert written(writing._text_by_bytes, value) == written(writing.write_text, value)


def test_what_is_encrypted_is_written_by_pyhanko():
    """Strings of an encrypted document do not stand there for all to read; names always do."""
    handler = StandardSecurityHandler.build_from_pw("owner", "user")
    handler.authenticate("owner")
    place = generic.Reference(7, 0)
    assert b"Lyon" not in written(writing.write_text, generic.pdf_string("Lyon"), handler, place)
    assert b"/Lyon" == written(writing.write_name, generic.pdf_name("/Lyon"), handler, place)


def written(write, value, *more):
    stream = io.BytesIO()
    write(value, stream, *more)
    return stream.getvalue()
