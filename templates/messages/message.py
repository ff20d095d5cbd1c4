"""A mail as blocks of plain words, from which its text and its HTML are both made, so that they say the same."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import jinja2

from templates import french
from templates.french import NO_BREAK, Language

Kind = Literal["paragraph", "heading", "facts", "steps", "button", "quote", "notice"]

# Marks that would turn the reading direction of what follows them: a name must not rearrange the sentence around it.
_DIRECTION_MARKS: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
COLON: Final[dict[Language, str]] = {"fr": f"{NO_BREAK}: ", "en": ": "}
_WIDTH: Final = 72
"""Columns of the rules in the text version; the sentences themselves are left to the reader's own width."""


@dataclass(frozen=True)
class Message:
    """What a channel sends. An SMS has its text alone: its subject and its HTML are empty."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(default="", repr=False)


@dataclass(frozen=True)
class Sender:
    """In whose name a message goes out: the seller as the foot of every mail shows him."""

    name: str
    address: str
    email: str
    phone: str
    registration: str = ""
    """What the law wants on commercial letters: legal form, capital, RCS (Code de commerce R123-237)."""
    accent: str = "#0b5563"
    """The brand's colour, `#rrggbb`."""

    def __post_init__(self) -> None:
        if not _COLOUR.fullmatch(self.accent):
            raise ValueError("a brand's colour is written #rrggbb")


@dataclass(frozen=True)
class Block:
    """One thing in a mail; `pairs` hold (label, value), `text` the words of every other kind."""

    kind: Kind
    text: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    url: str = ""
    quiet: bool = False


def paragraph(text: str) -> Block:
    """A sentence or several."""
    return Block("paragraph", text=text)


def heading(text: str) -> Block:
    """The name of what follows."""
    return Block("heading", text=text)


def notice(text: str) -> Block:
    """What must not be overlooked."""
    return Block("notice", text=text)


def quote(text: str) -> Block:
    """What somebody wrote, word for word."""
    return Block("quote", text=text)


def facts(*pairs: tuple[str, str]) -> Block:
    """Names and values, one per line; a pair without value is left out."""
    return Block("facts", pairs=tuple(pair for pair in pairs if pair[1]))


def steps(*pairs: tuple[str, str]) -> Block:
    """What happens when, in order."""
    return Block("steps", pairs=pairs)


def button(label: str, url: str, *, quiet: bool = False) -> Block:
    """One thing to do; a quiet one is outlined, for what is offered rather than asked.

    Raises:
        ValueError: the address is not a web address (`javascript:` and its kin never reach a mail).
    """
    if urlsplit(url).scheme not in {"https", "http"}:
        raise ValueError("a button leads to a web address")
    return Block("button", text=label, url=url, quiet=quiet)


def mail(subject: str, blocks: list[Block], *, sender: Sender, language: Language, preview: str = "") -> Message:
    """The mail in both forms.

    Args:
        subject: also its heading; kept on one line, whatever was typed into it.
        blocks: what it says, in order.
        sender: the seller, at its foot.
        language: what screen readers are told that it is written in.
        preview: what a mailbox shows after the subject; the subject alone when empty.
    """
    title = one_line(subject)
    cleaned = [
        Block(
            kind=block.kind,
            text=clean(block.text),
            pairs=tuple((one_line(label), clean(value)) for label, value in block.pairs),
            url=block.url,
            quiet=block.quiet,
        )
        for block in blocks
    ]
    html = _page().render(heading=title, blocks=cleaned, sender=sender, language=language, preview=preview)
    return Message(subject=title, text=_plain(title, cleaned, sender, language), html=html)


def typeset(words: dict[Language, dict[str, str]]) -> dict[Language, dict[str, str]]:
    """A catalogue whose French is set as printers do; typed text is left alone."""
    return {**words, "fr": {key: french.typeset(text) for key, text in words["fr"].items()}}


def clean(text: str) -> str:
    """Text without control characters or direction marks, its line breaks kept."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(
        character
        for character in unified
        if character == "\n"
        or (unicodedata.category(character) not in {"Cc", "Cs"} and character not in _DIRECTION_MARKS)
    )


def one_line(text: str) -> str:
    """The same on one line: a subject that holds a line break would let its author write mail headers."""
    return re.sub(r"[\n\u2028\u2029]+", " ", clean(text)).strip()


def _plain(title: str, blocks: list[Block], sender: Sender, language: Language) -> str:
    parts = [_underlined(title, "=")]
    parts += [_plain_block(block, COLON[language]) for block in blocks]
    foot = [sender.name, sender.address, f"{sender.phone} - {sender.email}", sender.registration]
    parts.append("-- \n" + "\n".join(one_line(line) for line in foot if line))
    return "\n\n".join(parts) + "\n"


def _underlined(text: str, rule: str) -> str:
    return f"{text}\n{rule * min(len(text), _WIDTH)}"


def _plain_block(block: Block, colon: str) -> str:
    match block.kind:
        case "heading":
            text = _underlined(block.text, "-")
        case "facts":
            text = "\n".join(f"{label}{colon}{value}" for label, value in block.pairs)
        case "steps":
            text = "\n".join(f"* {label}{colon}{value}" for label, value in block.pairs)
        case "quote":
            text = "\n".join(f"> {line}" for line in block.text.split("\n"))
        case "notice":
            text = f"! {block.text}"
        case "button":
            text = f"{block.text}{colon.rstrip()}\n{block.url}"
        case "paragraph":
            text = block.text
    return text


@cache
def _page() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("mail.html")
