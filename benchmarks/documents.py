"""Making documents, against stock platypus and LibPDF: one warm process, one core, every name and text new each time.

Usage: python -m benchmarks.documents [--runs 7] [--batch 20] [--libpdf] [--memory 5000]

Times are processor time, so that a busy machine shows less; batches of the peers alternate with ours. `--libpdf`
installs @libpdf/core with npm into a temporary folder and runs `benchmarks/node/libpdf.mjs` on the same texts.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fontTools import subset

from benchmarks import outline, platypus, rose
from templates import brand
from templates.documents import invoice, order_form
from templates.facturx import check_schematron, check_xsd, invoice_xml

LIBPDF = "@libpdf/core@0.4.2"
NODE = Path(__file__).parent / "node" / "libpdf.mjs"
GOALS = {"platypus": 4.0, "libpdf": 3.0, "invoice": 2.0, "memory": 120, "size": 60_000}
SIZES = (3, 30, 100, 300)


def cost(act, values) -> float:
    """Mean milliseconds of processor time."""
    start = time.process_time()
    for value in values:
        act(value)
    return 1000 * (time.process_time() - start) / len(values)


def spread(values, unit="ms") -> str:
    """Least, median and most."""
    least, middle, most = min(values), statistics.median(values), max(values)
    return f"{least:7.2f} / {middle:7.2f} / {most:7.2f} {unit}"


def finished_invoice(data) -> bytes:
    """XML, schema and PDF: what leaves the house but for the schematron, which runs once beside it."""
    xml = invoice_xml(data)
    if check_xsd(xml):
        raise ValueError("the invoice breaks the schema")
    return invoice.render(data, xml=xml)


def measure(runs: int, batch: int, peer) -> dict[str, list[float]]:
    """Milliseconds per document in each batch of each maker, one after the other in turn."""
    platypus.prepare()
    found: dict[str, list[float]] = {"order form": [], "platypus": [], "invoice": [], "schematron": [], "libpdf": []}
    for run in range(-1, runs):  # the first round warms up
        numbers = range((run + 1) * batch, (run + 2) * batch)
        forms, invoices = [rose.order_form(n) for n in numbers], [rose.invoice(n) for n in numbers]
        taken = {
            "order form": cost(order_form.render, forms),
            "platypus": cost(platypus.render, [outline.outline(form, code=False) for form in forms]),
            "invoice": cost(finished_invoice, invoices),
            "schematron": cost(check_schematron, [invoice_xml(data) for data in invoices[:3]]),
        }
        if peer:
            taken["libpdf"] = peer()
        for name, value in taken.items():
            if run >= 0:
                found[name].append(value)
    return found


class LibPdf:
    """LibPDF in a warm Node process that draws a batch whenever it is asked, with fonts cut beforehand.

    With a key (PKCS#12 and its passphrase) it works as documented: it cuts the fonts and signs each document itself.
    """

    def __init__(self, folder: Path, batch: int, key: tuple[Path, str] | None = None) -> None:
        print(f"installing {LIBPDF}", file=sys.stderr)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", LIBPDF], cwd=folder, check=True)
        documents = [outline.outline(rose.order_form(n)) for n in range(batch * 10)]
        (folder / "outlines.json").write_text(json.dumps(documents), "utf-8")
        for face in brand.faces():
            if key:
                shutil.copy(face.path, folder / f"{face.key}.ttf")
                continue
            options = subset.Options(hinting=False, layout_features=[])
            font = subset.load_font(str(face.path), options)
            cutter = subset.Subsetter(options)
            cutter.populate(unicodes=face.subsets[0].points)
            cutter.subset(font)
            subset.save_font(font, str(folder / f"{face.key}.ttf"), options)
        command = ["node", str(NODE), "outlines.json", "R.ttf", "B.ttf", str(batch), *map(str, key or ())]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        for _ in range(10):  # the compiler of Node needs some hundred documents to be at its best
            self()

    def __call__(self) -> float:
        """Milliseconds of processor time per document of the next batch."""
        self.process.stdin.write("\n")
        return float(self.process.stdout.readline())

    def close(self) -> None:
        """Ends the process."""
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def by_length() -> None:
    """Milliseconds per line, from three lines to three hundred."""
    print("\norder form by length, ms (and ms per line beyond three lines)")
    medians = {}
    for lines in SIZES:
        order_form.render(rose.order_form(10_000 + lines, lines=lines))
        forms = [rose.order_form(20_000 + lines * 100 + i, lines=lines) for i in range(9)]
        times = [cost(order_form.render, [form]) for form in forms]
        medians[lines] = statistics.median(times)
        more = (medians[lines] - medians[SIZES[0]]) / (lines - SIZES[0]) if lines > SIZES[0] else 0.0
        print(f"  {lines:4} lines {spread(times)}   {more:5.3f} ms a line")


def verdict(name: str, goal: str, held: bool) -> None:
    print(f"  {'met   ' if held else 'MISSED'} {name} (goal: {goal})")


def compare(found: dict[str, list[float]]) -> None:
    """The times, then the ratios of each round."""
    print("\nmilliseconds a document: min / median / max")
    for name, times in found.items():
        if times:
            print(f"  {name:12}{spread(times)}")
    print("ratios, round by round: min / median / max")
    ours = found["order form"]
    for peer in ("platypus", "libpdf"):
        if found[peer]:
            ratios = [theirs / mine for theirs, mine in zip(found[peer], ours, strict=True)]
            verdict(
                f"{peer} / ours {spread(ratios, 'x')}", f">= {GOALS[peer]:g}", statistics.median(ratios) >= GOALS[peer]
            )
    ratios = [theirs / mine for theirs, mine in zip(found["invoice"], ours, strict=True)]
    verdict(f"invoice / order form {spread(ratios, 'x')}", "<= 2", statistics.median(ratios) <= GOALS["invoice"])


def report(*, runs: int = 7, batch: int = 20, libpdf: bool = False, count: int = 5000) -> None:
    """Measures and prints everything; `count`: documents of the memory test, 0 leaves it out."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    with tempfile.TemporaryDirectory() as scratch:
        peer = LibPdf(Path(scratch), batch) if libpdf else None
        try:
            found = measure(runs, batch, peer)
        finally:
            if peer:
                peer.close()
    compare(found)
    by_length()
    print("\nfile sizes")
    sizes = {"order form": order_form.render(rose.order_form(1)), "invoice": finished_invoice(rose.invoice(1))}
    for name, made in sizes.items():
        verdict(f"{name} {len(made):,} bytes", f"< {GOALS['size']:,}", len(made) < GOALS["size"])
    if count:
        command = [sys.executable, "-m", "benchmarks.memory", str(count)]
        grown = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"\nmemory over {count:,} order forms, MB after each tenth: {' '.join(f'{m:.0f}' for m in grown)}")
        verdict(f"largest {max(grown):.0f} MB", f"< {GOALS['memory']} MB", max(grown) < GOALS["memory"])
        # The caches fill during the first half; what grows after that would grow for ever.
        verdict(f"second half {grown[-1] - grown[4]:+.1f} MB", "flat: within 3 MB", abs(grown[-1] - grown[4]) < 3)
    os.sched_setaffinity(0, cores)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--libpdf", action="store_true", help="compare with @libpdf/core (needs node and npm)")
    parser.add_argument("--memory", type=int, default=5000, help="documents of the memory test; 0 leaves it out")
    given = parser.parse_args()
    if given.libpdf and not (shutil.which("node") and shutil.which("npm")):
        parser.error("--libpdf needs node and npm")
    report(runs=given.runs, batch=given.batch, libpdf=given.libpdf, count=given.memory)


if __name__ == "__main__":
    main()
