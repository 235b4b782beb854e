"""Where the book lives on the web, and every address that follows from it.

The one setting is ``repository`` in ``_config.yml``; Jupyter Book hands it on to Sphinx, so the
build and the site read the same.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bookpress.book import SOURCE, Book, BookError

NOTEBOOKS = "notebooks"  # the branch that notebooks are published on
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
    """

    url: str
    branch: str
    site: str

    @classmethod
    def of(cls, book: Book) -> "Repository":
        """Read the addresses from ``_config.yml``.

        Raises
        ------
        BookError
            If there is no address of a repository.
        """
        found = book.config.get("repository") or {}
        made = cls._made(found, (book.config.get("html") or {}).get("baseurl"))
        if not made.url:
            raise BookError("_config.yml has no 'repository: {url: ...}'; notebooks need it.")
        return made

    @classmethod
    def of_site(cls, config: Any) -> "Repository":
        """Read the addresses from what Jupyter Book told Sphinx."""
        options = config.html_theme_options
        found = {key: options.get(f"repository_{key}") for key in ("url", "branch")}
        return cls._made(found, config.html_baseurl)

    @classmethod
    def _made(cls, found: dict[str, Any], site: Any) -> "Repository":
        url = str(found.get("url") or "").rstrip("/").removesuffix(".git")
        return cls(url, str(found.get("branch") or "main"), str(site or url).rstrip("/") + "/")

    @property
    def slug(self) -> str:
        """Owner and name on GitHub, such as ``owner/name``; empty if the book is elsewhere."""
        return self.url.removeprefix(GITHUB) if self.url.startswith(GITHUB) else ""

    @property
    def package(self) -> str:
        """What ``pip install`` takes to install the package."""
        return f"textlib @ git+{self.url}@{self.branch}"

    @property
    def raw(self) -> str:
        """Address of the raw files under the source folder."""
        return f"https://raw.githubusercontent.com/{self.slug}/{self.branch}/{SOURCE}/"

    def file(self, path: str) -> str:
        """Return the address that shows a file of the sources."""
        return f"{self.url}/blob/{self.branch}/{path}"

    def edit(self, path: str) -> str:
        """Return the address where a reader can propose a change to a file."""
        return f"{self.url}/edit/{self.branch}/{path}"

    def colab(self, page: str) -> str:
        """Return the address that opens a page in Colab."""
        place = f"{self.slug}/blob/{NOTEBOOKS}/{page}.ipynb"
        return f"https://colab.research.google.com/github/{place}"

    def binder(self, page: str) -> str:
        """Return the address that opens a page in Binder."""
        place = f"{self.slug}/{NOTEBOOKS}?labpath={quote(page + '.ipynb', safe='')}"
        return f"https://mybinder.org/v2/gh/{place}"
