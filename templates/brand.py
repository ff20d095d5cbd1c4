"""One place for what documents look like: colours, type, grid, logo. Screens use the same tokens.

One family in three sizes and two weights, one accent colour, one neutral scale, an 8-point grid.
"""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import font_source_sans_pro
import weblate_fonts

from templates.errors import TemplateError
from templates.pdf import Face

PETROL = "#0b4f5c"
INK, SOFT, LINE, WASH, WHITE = "#1a2327", "#56656b", "#c6cfd2", "#f1f5f5", "#ffffff"
TEXT, HEAD, LARGE = 9.0, 13.0, 24.0
STEP = 8.0


@dataclass(frozen=True, slots=True)
class LogoPath:
    """A closed shape: its colour (`accent` for the brand's own) and absolute `M L C Z` commands, y downwards."""

    fill: str
    commands: str


@dataclass(frozen=True, slots=True)
class Logo:
    """A drawing in a box of `width` x `height` units."""

    width: float
    height: float
    paths: tuple[LogoPath, ...]


# A disc with three rays over a horizon: stands in until the organisation gives its own.
RAYS = Logo(
    width=32,
    height=32,
    paths=(
        LogoPath(
            "accent",
            "M 16 0 C 24.84 0 32 7.16 32 16 C 32 24.84 24.84 32 16 32 C 7.16 32 0 24.84 0 16 C 0 7.16 7.16 0 16 0 Z",
        ),
        LogoPath(
            WHITE,
            "M 8 21 C 8 16.58 11.58 13 16 13 C 20.42 13 24 16.58 24 21 Z M 15 10.5 L 15 5 L 17 5 L 17 10.5 Z "
            "M 9.6 12.9 L 5.7 9 L 7.1 7.6 L 11 11.5 Z M 22.4 12.9 L 26.3 9 L 24.9 7.6 L 21 11.5 Z "
            "M 6 23 L 26 23 L 26 25 L 6 25 Z",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Brand:
    """What an organisation's settings decide: the name beside the logo, the accent colour, the logo."""

    name: str
    accent: str = PETROL
    logo: Logo = RAYS

    def __post_init__(self) -> None:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", self.accent):
            raise TemplateError(f"La couleur de la marque doit s'écrire #rrggbb, et non {self.accent!r}.")


@functools.lru_cache(64)
def colour(value: str) -> str:
    """`#rrggbb` as the three operands of an rg or RG operator."""
    return " ".join(f"{int(value[i : i + 2], 16) / 255:.3g}" for i in (1, 3, 5))


@functools.cache
def faces() -> tuple[Face, Face]:
    """Regular and semibold Source Sans Pro, read once; Kurinto Sans for all else (both SIL Open Font License 1.1)."""
    folder = Path(font_source_sans_pro.__file__).parent / "files"
    return (
        Face("R", folder / "SourceSansPro-Regular.ttf", stem=84, fallback=_fallback("Rg")),
        Face("B", folder / "SourceSansPro-Semibold.ttf", stem=110, fallback=_fallback("Bd")),
    )


def _fallback(weight: str) -> list[Path]:
    """All scripts but those of East Asia, then Chinese, Japanese, Korean and traditional Chinese."""
    folder = Path(weblate_fonts.__file__).parent / "static" / "weblate_fonts" / "kurinto" / "ttf"
    return [folder / f"KurintoSans{script}-{weight}.ttf" for script in ("", "SC", "JP", "KR", "TC")]


@functools.lru_cache(64)
def logo_operators(brand: Brand, height: float) -> tuple[str, float]:
    """Operators that draw the logo with its lower left corner at the origin, and its width in points."""
    scale = height / brand.logo.height
    out = []
    for path in brand.logo.paths:
        out.append(f"{colour(brand.accent if path.fill == 'accent' else path.fill)} rg")
        for command, operands in re.findall(r"([MLCZ])([^MLCZ]*)", path.commands):
            numbers = [float(n) for n in operands.split()]
            points = [
                f"{n * scale if i % 2 == 0 else (brand.logo.height - n) * scale:.2f}" for i, n in enumerate(numbers)
            ]
            out.append(" ".join([*points, {"M": "m", "L": "l", "C": "c", "Z": "h"}[command]]))
        out.append("f*")
    return "\n".join(out), brand.logo.width * scale
