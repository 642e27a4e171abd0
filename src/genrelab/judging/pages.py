"""Pages: one self-contained HTML file from paragraphs, tables and figures.

Conventions
-----------
A page loads nothing: styles and pictures are inside. Every text is escaped, so
a track's title can hold anything. It is light or dark as the reader's system
is, holds from a phone's width to a large screen, and prints. There is no script.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal

from genrelab.judging.page_style import STYLE
from genrelab.tables import Table, cell_text, right_aligned

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAME = 24  # characters up to which a cell stays in one line
_SENTENCE = 40  # characters from which a cell needs a wide column
Importance = Literal["note", "warning"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text; empty lines separate several."""

    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A framed sentence: ``warning`` for what must not be overlooked, else ``note``."""

    text: str
    importance: Importance = "note"


@dataclass(frozen=True, slots=True)
class Points:
    """A list of sentences."""

    sentences: Sequence[str]


@dataclass(frozen=True, slots=True)
class Code:
    """A command or file, shown as it is."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture inside the page.

    Attributes
    ----------
    content : bytes
        The file's bytes.
    kind : {"svg", "png"}
    alt : str
        What it shows, for those who do not see it.
    caption : str
        Below the picture; may be empty.
    wide : bool
        Takes the whole width; otherwise two stand side by side where there is room.
    """

    content: bytes
    kind: Literal["svg", "png"]
    alt: str
    caption: str = ""
    wide: bool = False


Block = Paragraph | Notice | Points | Code | Picture | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report.

    Attributes
    ----------
    title : str
    sections : sequence of Section
        Listed in the table of contents.
    notices : sequence of Notice
        Above everything else: "synthetic data", for one.
    footer : str
        The command, versions, date.
    """

    title: str
    sections: Sequence[Section]
    notices: Sequence[Notice] = ()
    footer: str = ""


def picture_from_figure(
    figure: Figure, *, alt: str, caption: str = "", wide: bool = False
) -> Picture:
    """Take a Matplotlib figure into a page, as SVG."""
    from genrelab.judging.drawing import write_svg

    file = io.BytesIO()
    write_svg(figure, file)
    return Picture(content=file.getvalue(), kind="svg", alt=alt, caption=caption, wide=wide)


def render_page(page: Page) -> str:
    """Write a page as one HTML document.

    Returns
    -------
    str
        Save it as UTF-8.
    """
    anchors = _anchors([section.title for section in page.sections])
    contents = "".join(
        f'<li><a href="#{anchor}">{escape(section.title)}</a></li>'
        for anchor, section in zip(anchors, page.sections, strict=True)
    )
    sections = "".join(
        f'<section id="{anchor}">\n<h2>{escape(section.title)}</h2>\n'
        f"{_blocks(section.blocks)}</section>\n"
        for anchor, section in zip(anchors, page.sections, strict=True)
    )
    nav = f'<nav aria-label="Contents"><h2>Contents</h2><ol>{contents}</ol></nav>\n'
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(page.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<header><h1>{escape(page.title)}</h1>\n{_blocks(page.notices)}</header>\n"
        f"{nav if len(page.sections) > 1 else ''}<main>\n{sections}</main>\n"
        f"<footer>{_paragraphs(page.footer)}</footer>\n</body>\n</html>\n"
    )


def _anchors(titles: Sequence[str]) -> list[str]:
    """Make one id a title, of letters, digits and hyphens, each once."""
    anchors: list[str] = []
    for number, title in enumerate(titles, 1):
        words = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")
        anchors.append(words if words and words not in anchors else f"{words}-{number}".strip("-"))
    return [f"s-{anchor}" for anchor in anchors]


def _blocks(blocks: Sequence[Block]) -> str:
    """Write blocks; pictures that follow each other stand side by side where there is room."""
    written: list[str] = []
    for i, block in enumerate(blocks):
        picture = isinstance(block, Picture)
        if picture and not (i and isinstance(blocks[i - 1], Picture)):
            written.append('<div class="pictures">\n')
        written.append(_block(block))
        if picture and not (i + 1 < len(blocks) and isinstance(blocks[i + 1], Picture)):
            written.append("</div>\n")
    return "".join(written)


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return _paragraphs(text)
        case Notice(text, importance):
            return f'<div class="{importance}" role="note">{_paragraphs(text)}</div>\n'
        case Points(sentences):
            return "<ul>" + "".join(f"<li>{escape(s)}</li>" for s in sentences) + "</ul>\n"
        case Code(text):
            return f'<pre tabindex="0"><code>{escape(text)}</code></pre>\n'
        case Picture():
            return _picture(block)
        case Table():
            return _table(block)


def _paragraphs(text: str) -> str:
    parts = (part.strip() for part in re.split(r"\n\s*\n", text))
    return "".join(f"<p>{escape(part)}</p>\n" for part in parts if part)


def _picture(picture: Picture) -> str:
    # An image of its own: the names inside an SVG cannot collide with another's, and
    # whatever script a foreign SVG may hold does not run.
    kind = "svg+xml" if picture.kind == "svg" else "png"
    data = base64.b64encode(picture.content).decode()
    caption = f"<figcaption>{escape(picture.caption)}</figcaption>" if picture.caption else ""
    image = f'<img alt="{escape(picture.alt)}" src="data:image/{kind};base64,{data}">'
    return (
        f'<figure{" class=wide" if picture.wide else ""}><div class="scroll" tabindex="0">'
        f"{image}</div>{caption}</figure>\n"
    )


def _table(table: Table) -> str:
    sides = [f' class="{name}"' if name else "" for name in _column_classes(table)]
    head = "".join(
        f'<th scope="col"{side}>{escape(name.replace("_", " "))}</th>'
        for name, side in zip(table.columns, sides, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{side}>{escape(cell_text(value))}</td>"
            for value, side in zip(row, sides, strict=True)
        )
        + "</tr>\n"
        for row in table.rows
    )
    caption = f"<caption>{escape(table.title)}</caption>" if table.title else ""
    label = escape(table.title or "table")
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table>{caption}'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )


def _column_classes(table: Table) -> list[str]:
    """Name each column's look: ``n`` numbers, ``short`` names, ``long`` sentences, else nothing."""
    looks = []
    for i, numbers in enumerate(right_aligned(table)):
        longest = max((len(cell_text(row[i])) for row in table.rows), default=0)
        words = "short" if longest <= _NAME else "long" if longest > _SENTENCE else ""
        looks.append("n" if numbers else words)
    return looks
