"""Static files, all from this machine: our CSS and script, htmx from its package, fonts cut from theirs.

Addresses carry a digest of the whole set, so that browsers may keep each file for ever and never mix two versions.
"""

import hashlib
import io
import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fontTools import subset
from fontTools.ttLib import TTFont
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pipeline.web.brand import brand_css, logo_svg
from templates.brand import Brand

PREFIX = "/static"

# What French and its neighbours need; a name in another script falls back to the device's own fonts.
_SHOWN = (
    string.printable.strip()
    + " "
    + "".join(chr(point) for point in range(0xA0, 0x180))
    + "–—‘’“”«»•…‹›€−×→←↑↓✓№\u202f\u2009\u2011ŒœŸ"
)


@dataclass(frozen=True)
class Asset:
    """One file as it is served."""

    media_type: str
    load: Callable[[], bytes]


def _ours(name: str) -> Callable[[], bytes]:
    return cache((files("templates") / "static" / name).read_bytes)


def _htmx() -> bytes:
    return (files("django_htmx") / "static" / "django_htmx" / "htmx-2.min.js").read_bytes()


def _font(name: str) -> Callable[[], bytes]:
    return cache(lambda: _cut((files("font_source_sans_pro") / "files" / name).read_bytes()))


def _cut(source: bytes) -> bytes:
    """The font with the characters of `_SHOWN` alone, as WOFF: 40 kB instead of 290 over a telephone line."""
    options = subset.Options()
    options.flavor = "woff"
    options.layout_features = ["kern", "liga", "locl", "ccmp", "mark", "lnum", "tnum"]
    options.hinting = False
    options.notdef_outline = True
    font = TTFont(io.BytesIO(source))
    cutter = subset.Subsetter(options)
    cutter.populate(text=_SHOWN)
    cutter.subset(font)
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


class Assets:
    """The static files of one installation, in the colours of its brand."""

    def __init__(self, brand: Brand) -> None:
        self._assets = {
            "seing.css": Asset("text/css; charset=utf-8", _ours("seing.css")),
            "brand.css": Asset("text/css; charset=utf-8", brand_css(brand).encode),
            "seing.js": Asset("text/javascript; charset=utf-8", _ours("seing.js")),
            "htmx.js": Asset("text/javascript; charset=utf-8", cache(_htmx)),
            "logo.svg": Asset("image/svg+xml", logo_svg(brand).encode),
            "fonts/regular.woff": Asset("font/woff", _font("SourceSansPro-Regular.ttf")),
            "fonts/semibold.woff": Asset("font/woff", _font("SourceSansPro-Semibold.ttf")),
        }
        whole = hashlib.sha256()
        for name, asset in self._assets.items():
            whole.update(name.encode())
            if not name.startswith("fonts/"):  # cutting takes a moment, and the cut follows from this very file
                whole.update(asset.load())
        whole.update(_SHOWN.encode())
        self.digest = whole.hexdigest()[:12]

    def address(self, name: str) -> str:
        """Where pages find a file. Raises `KeyError` for a file that is not there."""
        _ = self._assets[name]
        return f"{PREFIX}/{self.digest}/{name}"

    def serve(self, request: Request) -> Response:
        """One file; an address of another version gives today's file, kept for a minute only."""
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        current = request.path_params["digest"] == self.digest
        keep = "public, max-age=31536000, immutable" if current else "public, max-age=60"
        return Response(asset.load(), media_type=asset.media_type, headers={"cache-control": keep})
