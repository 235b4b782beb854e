"""The pages of the published site, as what is made of them for other places reads them."""

from bs4 import BeautifulSoup, Tag

from bookpress.book import Book, BookError, Page


def read(book: Book, page: Page) -> str:
    """Return the HTML of a page.

    Raises
    ------
    BookError
        If it has not been published.
    """
    path = book.html_dir / f"{page.name}.html"
    if not path.is_file():
        raise BookError(f"{page.name} is not published yet; run 'make book' first.")
    return path.read_text(encoding="utf8")


def article(text: str, name: str) -> Tag:
    """Return the content of a page, without what surrounds it on the site.

    Raises
    ------
    BookError
        If there is none.
    """
    found = BeautifulSoup(text, "html.parser").find("article")
    if not isinstance(found, Tag):
        raise BookError(f"the page {name!r} has no article; build the book again ('make book').")
    return found
