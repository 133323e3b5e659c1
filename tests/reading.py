"""What a page shows its readers: the text on it and what is read out, without the parts that only machines read."""

from html.parser import HTMLParser

SILENT = {"script", "style", "kbd"}
SPOKEN = {"alt", "aria-label", "placeholder", "title"}
CARRIED = {
    "data-close", "data-copied", "data-failed", "data-normal", "data-offline", "data-signed-out", "data-stop",
    "data-zoom-in", "data-zoom-out",
}  # fmt: skip
"""Words that scripts put on the page."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        self.pieces += [value for name, value in attrs if value and name in SPOKEN | CARRIED]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.pieces.append(" ".join(data.split()))


def pieces_of(page: str) -> list[str]:
    """Return every piece of text of an HTML page, in its order."""
    reader = _Reader()
    reader.feed(page)
    return reader.pieces
