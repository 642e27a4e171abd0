"""Pages: self-contained, escaped, well-formed; blocks end up where they belong."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from genrelab.judging.pages import (
    Code,
    Notice,
    Page,
    Paragraph,
    Picture,
    Points,
    Section,
    picture_from_figure,
    render_page,
)
from genrelab.tables import Table

EVIL = "<script>alert(\"x\")</script> & 'quoted'"
PICTURE = Picture(content=b"<svg/>", kind="svg", alt=EVIL, caption=EVIL)
PAGE = Page(
    EVIL,
    [
        Section(EVIL, [Paragraph(f"{EVIL}\n\nsecond"), Notice(EVIL), Points([EVIL]), Code(EVIL)]),
        Section("Tables", [Table(EVIL, [EVIL, "n"], [[EVIL * 2, 0.5], [None, 1]])]),
        Section("Tables", [PICTURE, PICTURE, Paragraph("between"), PICTURE]),
    ],
    notices=[Notice("Synthetic data.", "warning")],
    footer=EVIL,
)
VOID = {"meta", "img", "br"}


class _Reader(HTMLParser):
    """Checks that elements close in order and collects what a test asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.alts: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = {name: value or "" for name, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        self.addresses += [values[name] for name in ("src", "href") if name in values]
        self.alts += [values["alt"]] if "alt" in values else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _read(page: Page) -> _Reader:
    reader = _Reader()
    reader.feed(render_page(page))
    reader.close()
    assert reader.open == []
    return reader


def test_everything_is_escaped_and_well_formed() -> None:
    reader = _read(PAGE)
    assert "script" not in reader.tags
    assert reader.text.count(EVIL) == 16  # wherever it stands, as the text it is
    assert reader.alts == [EVIL] * 3


def test_nothing_is_loaded_from_elsewhere() -> None:
    reader = _read(PAGE)
    assert all(address.startswith(("#", "data:image/")) for address in reader.addresses)
    html = render_page(PAGE)
    assert "url(" not in html
    assert "@import" not in html
    assert "link" not in reader.tags


def test_table_of_contents_leads_to_every_section() -> None:
    reader = _read(PAGE)
    assert [a for a in reader.addresses if a.startswith("#")] == [f"#{i}" for i in reader.ids]
    assert len(set(reader.ids)) == 3


def test_one_section_needs_no_contents() -> None:
    assert "nav" not in _read(Page("t", [Section("a", [])])).tags


def test_the_banner_stands_before_everything_else() -> None:
    html = render_page(PAGE)
    assert html.index('<div class="warning"') < html.index("<nav") < html.index("<main")


def test_pictures_in_a_row_share_a_box() -> None:
    html = render_page(PAGE)
    assert html.count('<div class="pictures">') == 2


def test_tables_scroll_in_their_own_box_and_show_three_decimals() -> None:
    html = render_page(PAGE)
    assert '<div class="scroll" tabindex="0" role="region"' in html
    assert '<td class="n">0.500</td>' in html
    assert '<td class="long">&lt;script&gt;' in html


def test_pictures_from_figures() -> None:
    pytest.importorskip("matplotlib")
    from genrelab.judging.drawing import new_figure

    picture = picture_from_figure(new_figure(2, 1), alt="empty", wide=True)
    assert picture.content.lstrip().startswith(b"<?xml")
    assert "<figure class=wide>" in render_page(Page("t", [Section("s", [picture])]))
