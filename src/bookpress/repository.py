"""Where the book lives on the web, and every address that follows from it.

The one setting is ``repository`` in ``_config.yml``; Jupyter Book hands it on to Sphinx, so the
build and the site read the same.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bookpress import edition
from bookpress.book import SOURCE, Book, BookError

NOTEBOOKS = "notebooks"  # the branch that notebooks are published on; begins an edition's tag
GITHUB = "https://github.com/"


@dataclass(frozen=True)
class Repository:
    """Where the book lives on the web.

    Attributes
    ----------
    url
        Address of the repository, such as ``https://github.com/owner/name``; empty if the book
        has none.
    branch
        Branch of the sources.
    site
        Address of the published site, with a slash at the end.
    ref
        Tag of the edition, or else the commit or the branch that has the sources of this build.
    """

    url: str
    branch: str
    site: str
    ref: str

    @classmethod
    def of(cls, book: Book) -> "Repository":
        """Read the addresses from ``_config.yml``.

        Raises
        ------
        BookError
            If there is no address of a repository.
        """
        found = book.config.get("repository") or {}
        site = (book.config.get("html") or {}).get("baseurl")
        made = cls._made(found, site, book)
        if not made.url:
            raise BookError("_config.yml has no 'repository: {url: ...}'; notebooks need it.")
        return made

    @classmethod
    def of_site(cls, app: Any) -> "Repository":
        """Read the addresses from what Jupyter Book told Sphinx."""
        options = app.config.html_theme_options
        found = {key: options.get(f"repository_{key}") for key in ("url", "branch")}
        return cls._made(found, app.config.html_baseurl, Book.of(app))

    @classmethod
    def _made(cls, found: dict[str, Any], site: Any, book: Book | None) -> "Repository":
        url = str(found.get("url") or "").rstrip("/").removesuffix(".git")
        branch = str(found.get("branch") or "main")
        ref = edition.reference(book.root, branch) if book else branch
        return cls(url, branch, str(site or url).rstrip("/") + "/", ref)

    @property
    def slug(self) -> str:
        """Owner and name on GitHub, such as ``owner/name``; empty if the book is elsewhere."""
        return self.url.removeprefix(GITHUB) if self.url.startswith(GITHUB) else ""

    @property
    def package(self) -> str:
        """What ``pip install`` takes to install the package."""
        return f"textlib @ git+{self.url}@{self.ref}"

    @property
    def notebooks(self) -> str:
        """The branch that has the notebooks of a draft, or the tag that has an edition's."""
        return f"{NOTEBOOKS}-{self.ref}" if edition.is_tag(self.ref) else NOTEBOOKS

    def archive(self, tag: str) -> str:
        """Return the address where the archive of an edition lies."""
        return f"{self.url}/releases/tag/{tag}"

    @property
    def raw(self) -> str:
        """Address of the raw files under the source folder."""
        return f"https://raw.githubusercontent.com/{self.slug}/{self.ref}/{SOURCE}/"

    def file(self, path: str) -> str:
        """Return the address that shows a file of the sources."""
        return f"{self.url}/blob/{self.ref}/{path}"

    def edit(self, path: str) -> str:
        """Return the address where a reader can propose a change to a file."""
        return f"{self.url}/edit/{self.branch}/{path}"

    def colab(self, page: str) -> str:
        """Return the address that opens a page in Colab."""
        place = f"{self.slug}/blob/{self.notebooks}/{page}.ipynb"
        return f"https://colab.research.google.com/github/{place}"

    def binder(self, page: str) -> str:
        """Return the address that opens a page in Binder."""
        place = f"{self.slug}/{self.notebooks}?labpath={quote(page + '.ipynb', safe='')}"
        return f"https://mybinder.org/v2/gh/{place}"
