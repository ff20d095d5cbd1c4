"""From bytes to a checked value: every fault of a file is found in one reading and named by its JSON path."""

import calendar
import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from pipeline.proposal.models import Proposal
from pipeline.proposal.problems import SHOWN_PROBLEMS, Note, Problem, ProposalUnreadable, problem
from pipeline.proposal.types import Strict
from templates.french import formats

SIZE_LIMIT: Final = 2_000_000
"""Bytes. A proposal of 300 lines takes 120 kB; what is beyond this is not a proposal and is refused unread."""

_DEPTH_LIMIT: Final = 20
_LIST_LIMIT: Final = 5000
_INTEGER_DIGITS: Final = 15  # what every JSON reader holds exactly (RFC 8259 section 6)
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_DAY_31: Final = re.compile(r"(?P<year>20[0-9]{2})-(?P<month>0[1-9]|1[0-2])-31", re.ASCII)

Model = TypeVar("Model", bound=Strict)


@dataclass(frozen=True)
class Reading:
    """A proposal, and what had to be understood to read it."""

    proposal: Proposal
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class _Fault:
    """A JSON value that no field takes, kept in its place until its path is known."""

    kind: str
    text: str = ""


class _Object(dict[str, Any]):
    """A JSON object that remembers the keys written twice."""

    repeated: tuple[str, ...] = ()


def read_proposal(raw: bytes) -> Proposal:
    """The proposal in a file.

    Raises:
        ProposalUnreadable: with every problem and its place.
    """
    return read(raw).proposal


def read(raw: bytes) -> Reading:
    """The proposal in a file, with the notes that the reader of the file should see.

    Raises:
        ProposalUnreadable: with every problem and its place.
    """
    tree, problems = parse(raw)
    notes = _month_ends(tree)
    proposal, more = build(Proposal, tree, problems)
    if proposal is None:
        raise ProposalUnreadable(more)
    return Reading(proposal, notes)


def parse(raw: bytes, *, limit: int = SIZE_LIMIT) -> tuple[Any, tuple[Problem, ...]]:
    """The JSON tree of a file (lists as tuples) and the faults of its writing; the tree is None when it has none."""
    if len(raw) > limit:
        return None, (problem("too_big", "", limit=limit // 1_000_000),)
    if not raw.strip():
        return None, (problem("empty", ""),)
    try:
        text = raw.decode("utf-8-sig")  # some editors open a file with a byte-order mark, which RFC 8259 lets us skip
    except UnicodeDecodeError as error:
        return None, (problem("not_utf8", "", position=error.start + 1),)
    problems: list[Problem] = []
    try:
        tree = json.loads(
            text,
            object_pairs_hook=_keep_repeated,
            parse_float=lambda _: _Fault("json_float"),
            parse_constant=lambda name: _Fault("json_constant", name),
            parse_int=lambda digits: int(digits) if len(digits) <= _INTEGER_DIGITS else _Fault("json_integer"),
        )
        return _plain_tree(tree, "", problems.append), tuple(problems)
    except json.JSONDecodeError as error:
        return None, (problem("not_json", "", line=error.lineno, column=error.colno),)
    except RecursionError:
        return None, (problem("too_deep", ""),)


def build(model: type[Model], tree: Any, problems: tuple[Problem, ...]) -> tuple[Model | None, tuple[Problem, ...]]:
    """The value that a tree describes, or None with all problems (those of the writing first)."""
    if tree is None and problems:
        return None, problems
    found = list(problems)
    value: Model | None = None
    try:
        value = model.model_validate(tree)
    except ValidationError as error:
        known = {item.path for item in problems}
        for detail in error.errors(include_url=False, include_input=False):
            path = _path(detail["loc"])
            if path not in known:
                found.append(problem(detail["type"], path, **detail.get("ctx", {})))
    return (None if found else value), tuple(found[:SHOWN_PROBLEMS])


def _keep_repeated(pairs: list[tuple[str, Any]]) -> _Object:
    result = _Object(pairs)
    if len(result) != len(pairs):
        result.repeated = tuple(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
    return result


def _plain_tree(value: Any, path: str, report: Callable[[Problem], None], depth: int = 0) -> Any:
    if depth > _DEPTH_LIMIT:
        raise RecursionError
    if isinstance(value, _Fault):
        report(problem(value.kind, path, value=value.text))
        return value
    if isinstance(value, _Object):
        for key in value.repeated:
            report(problem("duplicate_key", _join(path, key)))
        return {key: _plain_tree(item, _join(path, key), report, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        if len(value) > _LIST_LIMIT:  # no need to judge a hundred thousand items one by one
            report(problem("too_long", path, max_length=_LIST_LIMIT))
            return ()
        return tuple(_plain_tree(item, f"{path}[{place}]", report, depth + 1) for place, item in enumerate(value))
    return value


def _path(parts: tuple[int | str, ...]) -> str:
    path = ""
    for part in parts:
        path = f"{path}[{part}]" if isinstance(part, int) else _join(path, part)
    return path


def _join(path: str, key: str) -> str:
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}" if path else key
    shown = key if len(key) <= 40 else f"{key[:40]}…"
    return f"{path}[{json.dumps(shown)}]"


def _month_ends(tree: Any) -> tuple[Note, ...]:
    """Read day 31 of a shorter month, in a schedule alone, as that month's last day, and say so.

    The ordering system writes every « fin de mois » as day 31, whatever the month. Elsewhere, and for any other day
    that does not exist, a wrong date stays a wrong date: nobody knows what was meant.
    """
    payment = tree.get("payment") if isinstance(tree, dict) else None
    instalments = payment.get("instalments") if isinstance(payment, dict) else None
    notes: list[Note] = []
    for place, instalment in enumerate(instalments if isinstance(instalments, tuple) else ()):
        written = instalment.get("due_on") if isinstance(instalment, dict) else None
        found = _DAY_31.fullmatch(written) if isinstance(written, str) else None
        if found is None:
            continue
        last = calendar.monthrange(int(found["year"]), int(found["month"]))[1]
        if last < 31:
            instalment["due_on"] = f"{found['year']}-{found['month']}-{last}"
            notes.append(_month_end_note(place, found[0], instalment["due_on"]))
    return tuple(notes)


def _month_end_note(place: int, written: str, meant: str) -> Note:
    french, english = (formats(language).date(dt.date.fromisoformat(meant)) for language in ("fr", "en"))
    return Note(
        f"payment.instalments[{place}].due_on",
        f"{written} lu comme fin de mois, {french}",
        f"{written} read as the end of the month, {english}",
    )
