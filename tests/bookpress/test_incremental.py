"""What of a page other pages can show, and whose remark a remark is."""

from docutils import frontend, nodes, utils
from sphinx import addnodes
from sphinxcontrib.bibtex.nodes import bibliography

from bookpress.incremental import outline


def document(*children):
    """Return a page with a titled section around some nodes."""
    page = utils.new_document("page", frontend.get_default_settings())
    page += nodes.section("", nodes.title("", "Title"), *children, ids=["title"], names=["title"])
    return page


def paragraph(text):
    """Return a sentence of its own."""
    return nodes.paragraph("", text)


def test_a_sentence_is_not_part_of_an_outline():
    one = outline(document(paragraph("One sentence.")), {"description": "d"})
    assert one == outline(
        document(paragraph("Another."), paragraph("And more.")), {"description": "d"}
    )
    assert one


def test_whatever_another_page_can_show_is():
    plain = document(paragraph("x"))
    others = [
        document(nodes.rubric("", "x")),
        document(nodes.section("", nodes.title("", "Part"), ids=["part"])),
        document(nodes.figure("", nodes.image(uri="a.png"), nodes.caption("", "x"), ids=["fig"])),
        document(nodes.figure("", nodes.image(uri="b.png"), nodes.caption("", "x"), ids=["fig"])),
        document(nodes.figure("", nodes.image(uri="a.png"), nodes.caption("", "y"), ids=["fig"])),
        document(nodes.literal_block("", "import textlib")),
        document(nodes.math_block("", "x", label="eq")),
        document(addnodes.index(entries=[("single", "x", "i", "", None)])),
        document(addnodes.pending_xref("", refdomain="cite", reftarget="someone")),
        document(addnodes.toctree(entries=[(None, "other")])),
        document(nodes.paragraph("", "x", ids=["named"])),
    ]
    found = [outline(page, {}) for page in (plain, *others)]
    found.append(outline(plain, {"textlib": "{}"}))
    assert len(set(found)) == len(found)


def test_a_page_that_shows_others_has_none():
    assert outline(document(bibliography()), {}) == ""
