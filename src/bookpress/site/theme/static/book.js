// Small comforts. Every page reads well without this file, and without any one of them.
{
  const root = document.documentElement;

  /** Return the place that an address names: an id, or an id with its letters escaped. */
  const named = (hash) => {
    try {
      return decodeURIComponent(hash.slice(1));
    } catch {
      return hash.slice(1); // "#50%" escapes nothing
    }
  };

  const comforts = [
    // Theme: as the system, light, dark.
    function chooseTheme() {
      const themes = ["", "light", "dark"];
      const button = document.getElementById("theme");
      const name = () => root.dataset.theme || "";
      const label = () => button.setAttribute("aria-label", `Color theme: ${name() || "as the system"}`);
      button.hidden = false;
      label();
      button.addEventListener("click", () => {
        const next = themes[(themes.indexOf(name()) + 1) % themes.length];
        if (next) root.dataset.theme = next;
        else delete root.dataset.theme;
        try {
          if (next) localStorage.setItem("theme", next);
          else localStorage.removeItem("theme");
        } catch { /* private browsing: the choice lasts for this page */ }
        label();
      });
    },

    // All folded code opens and closes together; the choice is remembered.
    function showAllCode() {
      const button = document.getElementById("all-code");
      const folds = [...document.querySelectorAll("details.above-input")];
      if (!button || !folds.length) return;
      const open = (all) => {
        button.setAttribute("aria-pressed", all);
        for (const fold of folds) fold.open = all;
      };
      button.hidden = false;
      button.addEventListener("click", () => {
        const all = button.getAttribute("aria-pressed") !== "true";
        open(all);
        try {
          localStorage.setItem("code", all ? "all" : "");
        } catch { /* private browsing: the choice lasts for this page */ }
      });
      if (localStorage.getItem("code")) open(true);
    },

    // "/" jumps to the search field.
    function jumpToSearch() {
      const field = document.getElementById("search-field");
      document.addEventListener("keydown", (event) => {
        const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
        if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
          event.preventDefault();
          field.focus();
        }
      });
    },

    // The table of contents is a popover on narrow screens only, and opens at the current page.
    function showCurrentPage() {
      const contents = document.getElementById("contents");
      const current = contents.querySelector("[aria-current]");
      if (current) contents.scrollTop = current.offsetTop - contents.clientHeight / 3;
    },

    // What scrolls sideways can be reached with the keyboard.
    function reachScrollers() {
      const scrollers = [...document.querySelectorAll("pre, .table-scroll, .math-scroll")];
      const check = (target) => {
        if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
        else target.removeAttribute("tabindex");
      };
      const resized = new ResizeObserver((entries) => entries.forEach((entry) => check(entry.target)));
      for (const scroller of scrollers) resized.observe(scroller);
      document.fonts.ready.then(() => scrollers.forEach(check));
    },

    // Copy a code cell.
    function copyCode() {
      if (!navigator.clipboard) return;
      for (const block of document.querySelectorAll(".cell_input .highlight, .highlight-python .highlight, .highlight-console .highlight, .highlight-bash .highlight")) {
        const copy = document.createElement("button");
        copy.type = "button";
        copy.className = "copy";
        copy.textContent = "Copy";
        copy.addEventListener("click", async () => {
          const text = block.querySelector("pre").textContent.replace(/^(>>> |\.\.\. |\$ )/gm, "");
          try {
            await navigator.clipboard.writeText(text.replace(/\n$/, ""));
            copy.textContent = "Copied";
          } catch {
            copy.textContent = "Not allowed";
          }
          setTimeout(() => { copy.textContent = "Copy"; }, 1500);
        });
        block.append(copy);
      }
    },

    // "On this page" follows the reader.
    function followReader() {
      const links = new Map([...document.querySelectorAll(".here a")].map((a) => [named(a.hash), a]));
      const seen = new IntersectionObserver((entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          for (const link of links.values()) link.removeAttribute("aria-current");
          links.get(entry.target.id)?.setAttribute("aria-current", "true");
        }
      }, { rootMargin: "-10% 0px -75%" });
      for (const id of links.keys()) {
        const target = id && document.getElementById(id);
        if (target) seen.observe(target);
      }
    },

    // A folded element opens for a link into it.
    function unfoldForLinks() {
      const unfold = () => {
        let node = document.getElementById(named(location.hash));
        for (; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
      };
      window.addEventListener("hashchange", unfold);
      unfold();
    },

    // Everything opens for the printer.
    function unfoldForPrint() {
      let folded = [];
      window.addEventListener("beforeprint", () => {
        folded = [...document.querySelectorAll("main details:not([open])")];
        for (const details of folded) details.open = true;
      });
      window.addEventListener("afterprint", () => {
        for (const details of folded) details.open = false;
      });
    },

    // A demo whose own script did not start says why.
    function explainStillDemos() {
      window.addEventListener("load", () => {
        for (const demo of document.querySelectorAll(".demo[data-kind]:not([data-state])")) {
          const status = demo.querySelector(".demo-status");
          if (!demo.querySelector(".demo-offer").hidden || status.textContent) continue;
          status.textContent = location.protocol === "file:"
            ? "This page was opened as a file, from which a browser starts no demo. It runs where the book is served: on its site, or with “make serve”."
            : "The demo could not be loaded. Check the connection and load the page again.";
        }
      });
    },
  ];

  for (const comfort of comforts) {
    try {
      comfort();
    } catch (error) {
      reportError(error); // and go on: the others do not depend on it
    }
  }
}
