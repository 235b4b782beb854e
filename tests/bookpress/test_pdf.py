"""The printed book: page numbers in its contents, photographs that stay small."""

import io

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import NameObject, TextStringObject

from bookpress import pdf


@pytest.fixture
def printed(tmp_path):
    """A title, contents with two entries, and the two pages that these lead to."""
    writer = PdfWriter()
    for _ in range(4):
        writer.add_blank_page(width=595, height=842)
    for name, number, top in (("one", 2, 700), ("two", 3, 650)):
        writer.add_named_destination(name, page_number=number)
        link = Link(rect=(50, top, 300, top + 12), target_page_index=number)
        made = writer.add_annotation(page_number=1, annotation=link)
        made.pop("/A", None)
        made[NameObject("/Dest")] = TextStringObject(name)
    path = tmp_path / "book.pdf"
    writer.write(path)
    return path


def test_the_contents_say_on_which_page_each_entry_begins(printed):
    pdf.number_contents(printed)
    reader = PdfReader(printed)
    assert reader.pages[1].extract_text().split() == ["3", "4"]
    assert [reader.pages[number].extract_text() for number in (0, 2, 3)] == ["", "", ""]
    assert set(reader.named_destinations) == {"one", "two"}


def test_photographs_are_printed_as_jpeg_and_drawings_as_they_are(tmp_path):
    (tmp_path / "_images").mkdir()
    (tmp_path / "print").mkdir()
    picture = Image.effect_noise((64, 64), 50).convert("RGB")
    for name, lossless in (("photo", False), ("plot", True)):
        held = io.BytesIO()
        picture.save(held, "WEBP", lossless=lossless)
        (tmp_path / f"_images/{name}.webp").write_bytes(held.getvalue())
    text = '<img src="_images/photo.webp"><img src="_images/plot.webp"><img src="a.svg">'
    made = pdf._with_jpeg(text, tmp_path / "print")
    assert made == (
        '<img src="print/photo.webp.jpg"><img src="_images/plot.webp"><img src="a.svg">'
    )
    assert Image.open(tmp_path / "print/photo.webp.jpg").format == "JPEG"
