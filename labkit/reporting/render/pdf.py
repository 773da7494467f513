"""The report as PDF, by WeasyPrint if it is installed, else by an installed browser.

Both lay out the same page, without script and with its figures in the light theme's
colours. Neither may fetch anything: all it shows is in the page.
"""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from labkit.errors import behind
from labkit.reporting.blocks import Report
from labkit.reporting.files import ReportError
from labkit.reporting.render.files import Drawings, beside, html

#: Programs that print a page without showing it, the likeliest first.
_NAMES = (
    "google-chrome-stable", "google-chrome", "chrome", "chromium", "chromium-browser",
    "microsoft-edge-stable", "microsoft-edge", "msedge", "brave-browser",
)  # fmt: skip
#: Where they are installed without being on the path.
_PLACES = {
    "darwin": [
        f"/Applications/{name}.app/Contents/MacOS/{name}"
        for name in ("Google Chrome", "Microsoft Edge", "Chromium")
    ],
    "win32": [
        r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
        r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
        r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
        r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
        r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
    ],
}
_PATIENCE_S = 180
_NEEDED = "WeasyPrint (`pip install weasyprint`), Chrome, Edge or Chromium"
_INSTEAD = "open report.html in any browser and print it from there (Ctrl+P, “Save as PDF”)"


def pdf(report: Report, drawings: Drawings) -> dict[str, bytes]:
    """``report.pdf``, its fonts embedded, and what lies beside it: contents by path in its folder.

    A ReportError where there is nothing to print with, or it failed, says what to do.
    """
    program = "" if weasyprint_works() else browser()
    if program is None:
        raise ReportError(f"a PDF needs {_NEEDED}, and none was found; {_INSTEAD}")
    text = html(report, drawings, paper=True)
    return {"report.pdf": _printed(program, text) if program else _typeset(text), **beside(report)}


def weasyprint_works() -> bool:
    """Whether WeasyPrint and its system libraries can be loaded."""
    try:
        from weasyprint.urls import URLFetcher  # from 68 on
    except (ImportError, OSError):
        return False
    return bool(URLFetcher)


def browser() -> str | None:
    """An installed browser that can print without a window, or None."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    places = map(os.path.expandvars, _PLACES.get(sys.platform, ()))
    return found or next((place for place in places if Path(place).is_file()), None)


def _typeset(page: str) -> bytes:
    """A page as PDF by WeasyPrint; the same page gives the same bytes."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # It complains of every rule meant for screens; what it could not print is not among that.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    only_inside = URLFetcher(allowed_protocols={"data"})
    # fontTools writes a time into embedded fonts: always this one, so that bytes repeat.
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = "315532800"
    try:
        document = HTML(string=page, base_url="", url_fetcher=only_inside)
        return bytes(document.write_pdf(pdf_identifier=b"labkit", pdf_tags=True))
    except Exception as error:  # of the libraries under it, too
        why = behind("WeasyPrint", error)
        raise ReportError(f"WeasyPrint could not print the report; {_INSTEAD}{why}") from error
    finally:
        del os.environ["SOURCE_DATE_EPOCH"]
        if before is not None:
            os.environ["SOURCE_DATE_EPOCH"] = before


def _printed(program: str, page: str) -> bytes:
    """A page as PDF by a browser without window, network or the user's own profile."""
    # Chrome's sandbox does not start for the superuser.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source, target = folder / "report.html", folder / "report.pdf"
        source.write_text(page, "utf-8")
        command = [
            program, "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}", "--no-pdf-header-footer",
            *(["--no-sandbox"] if root else []),
            f"--print-to-pdf={target}", source.as_uri(),
        ]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE_S)
            return target.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise ReportError(f"{program} could not print the report; {_INSTEAD}") from error
