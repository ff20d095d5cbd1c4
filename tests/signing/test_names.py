"""Names of certificates are compared as asn1crypto compares them."""

import itertools

import pytest
from asn1crypto import x509

from signing import names


def name(*parts):
    """One relative distinguished name for each dictionary."""
    held = [
        x509.RelativeDistinguishedName(
            [
                x509.NameTypeAndValue({"type": kind, "value": x509.DirectoryString("utf8_string", text)})
                for kind, text in part
            ]
        )
        for part in parts
    ]
    return x509.RDNSequence.load(x509.RDNSequence(held).dump())


NAMES = {
    "plain": lambda: name([("common_name", "Jeanne Martin")], [("organization_name", "Rose")]),
    "other case and blanks": lambda: name([("common_name", "JEANNE  martin ")], [("organization_name", "rose")]),
    "another": lambda: name([("common_name", "Jeanne Martín")], [("organization_name", "Rose")]),
    "other order": lambda: name([("organization_name", "Rose")], [("common_name", "Jeanne Martin")]),
    "shorter": lambda: name([("common_name", "Jeanne Martin")]),
    "several in one": lambda: name([("common_name", "Jeanne Martin"), ("organization_name", "Rose")]),
    "decomposed": lambda: name([("common_name", "Jeanne Mart\N{LATIN SMALL LETTER I}\N{COMBINING ACUTE ACCENT}n")]),
    "empty": name,
    "forbidden": lambda: name([("common_name", "Jeanne \ue000")]),
}


def outcome(act):
    try:
        return act()
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize(("one", "other"), list(itertools.product(NAMES, NAMES)))
def test_names_are_compared_as_asn1crypto_does(one, other):
    """Equal, different or refused, each time that it is asked, and beside a tag."""
    expected = outcome(lambda: names._stock_equal(NAMES[one](), NAMES[other]()))
    for _ in range(2):
        assert expected == outcome(lambda: NAMES[one]() == NAMES[other]())
        assert expected == outcome(lambda: NAMES[one]().retag({"explicit": 4}) == NAMES[other]())


@pytest.mark.parametrize("one", NAMES)
def test_names_are_told_apart_as_asn1crypto_does(one):
    """The text that stands for a name in tables, or the refusal."""
    expected = outcome(lambda: names._stock_hashable(NAMES[one]()))
    for _ in range(2):
        assert expected == outcome(lambda: NAMES[one]().hashable)


def test_a_name_is_no_other_thing():
    """As asn1crypto: different, whatever it is."""
    assert NAMES["plain"]() != "Jeanne Martin"
