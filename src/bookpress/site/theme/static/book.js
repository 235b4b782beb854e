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
      button.classList.remove("waits");
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
      button.classList.remove("waits");
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
      const show = () => {
        const current = [...contents.querySelectorAll("[aria-current]")].pop();
        if (current) contents.scrollTop = current.offsetTop - contents.clientHeight / 3;
      };
      show();
      contents.addEventListener("toggle", show);
      contents.addEventListener("click", (event) => {
        if (event.target.closest("a[href^='#']") && contents.matches(":popover-open")) contents.hidePopover();
      });
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

    // The lists of the page's sections follow the reader: the last that began above a third of the window.
    function followReader() {
      const links = [...document.querySelectorAll(".here a, .sections a")];
      const sections = [...new Set(links.map((link) => document.getElementById(named(link.hash))))].filter(Boolean);
      let waiting = false;
      const mark = () => {
        waiting = false;
        const atEnd = innerHeight + scrollY >= root.scrollHeight - 2;
        const begun = sections.filter((section) => atEnd || section.getBoundingClientRect().top < innerHeight / 3);
        const current = begun.pop()?.id;
        for (const link of links) {
          if (current && named(link.hash) === current) link.setAttribute("aria-current", "true");
          else link.removeAttribute("aria-current");
        }
      };
      const later = () => {
        if (!waiting) requestAnimationFrame(mark);
        waiting = true;
      };
      window.addEventListener("scroll", later, { passive: true });
      window.addEventListener("resize", later, { passive: true });
      mark();
    },

    // A figure opens in large. Its link leads to the picture itself.
    function enlargeFigures() {
      const links = document.querySelectorAll("a.zoom");
      if (!links.length || !window.HTMLDialogElement) return;
      const make = (name, attributes, ...children) => {
        const node = document.createElement(name);
        for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
        node.append(...children);
        return node;
      };
      const close = make("button", { type: "button", class: "close-large" }, "Close");
      const dialog = make("dialog", { class: "large", "aria-label": "Figure in large" });
      dialog.addEventListener("click", (event) => {
        if (!event.target.closest("figcaption")) dialog.close();
      });
      const open = (link) => {
        const pictures = [...link.querySelectorAll("img")].map((image) => {
          const large = image.cloneNode();
          large.loading = "eager";
          large.style.setProperty("--pixels", `${2 * image.getAttribute("width")}px`);
          return large;
        });
        const caption = link.closest("figure")?.querySelector("figcaption")?.cloneNode(true);
        caption?.querySelector(".headerlink")?.remove();
        dialog.replaceChildren(close, make("div", { class: "view", tabindex: "0" }, ...pictures), ...(caption ? [caption] : []));
        dialog.showModal();
        dialog.addEventListener("close", () => link.focus({ preventScroll: true }), { once: true });
      };
      document.body.append(dialog);
      for (const link of links) {
        link.setAttribute("aria-haspopup", "dialog");
        link.addEventListener("click", (event) => {
          if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
          event.preventDefault();
          open(link);
        });
      }
    },

    // What a link names is shown beside it: a term, a figure, an equation, a source. Not on touch.
    function showPreviews() {
      const kinds = /#(term-|fig-|equation-)|bibliography\.html#/;
      const links = [...document.querySelectorAll("main a[href*='#']")].filter((link) =>
        kinds.test(link.getAttribute("href")) && !link.matches(".headerlink") && link.origin === location.origin);
      if (!links.length || !HTMLElement.prototype.showPopover) return;
      const pages = new Map();
      const page = (address) => {
        if (address === location.href.split("#")[0]) return document;
        if (!pages.has(address)) {
          pages.set(address, fetch(address).then((answer) => answer.text())
            .then((text) => new DOMParser().parseFromString(text, "text/html")));
        }
        return pages.get(address);
      };
      const box = document.createElement("div");
      Object.assign(box, { id: "preview", popover: "manual", role: "tooltip" });
      document.body.append(box);
      let shown = null; // the link whose preview is open, or is going to be
      let timer = 0;

      /** Return copies of what an id names, without anything to press, or null. */
      const copies = (target, address) => {
        if (!target?.matches("dt, figure, .math-block, .citation")) return null;
        const found = [target];
        if (target.tagName === "DT") {
          while (found.at(-1).tagName !== "DD" && found.at(-1).nextElementSibling) found.push(found.at(-1).nextElementSibling);
        }
        return found.map((part) => {
          const copy = part.cloneNode(true);
          for (const left of copy.querySelectorAll(".headerlink, .backrefs")) left.remove();
          for (const link of copy.querySelectorAll("a")) link.replaceWith(...link.childNodes);
          for (const node of [copy, ...copy.querySelectorAll("[id], [tabindex]")]) {
            node.removeAttribute("id");
            node.removeAttribute("tabindex");
          }
          for (const image of copy.querySelectorAll("img")) {
            image.src = new URL(image.getAttribute("src"), address);
            image.loading = "eager";
          }
          return copy;
        });
      };
      const hide = () => {
        clearTimeout(timer);
        shown?.removeAttribute("aria-describedby");
        shown = null;
        if (box.matches(":popover-open")) box.hidePopover();
      };
      const show = async (link) => {
        hide();
        shown = link;
        const address = link.href.split("#")[0];
        const source = await page(address);
        const parts = copies(source.getElementById(named(link.hash)), address);
        if (!parts || shown !== link) return;
        box.replaceChildren(...parts);
        box.showPopover();
        link.setAttribute("aria-describedby", "preview");
        const place = link.getClientRects()[0] ?? link.getBoundingClientRect();
        const { width, height } = box.getBoundingClientRect();
        const above = place.bottom + height + 8 > innerHeight && place.top > height + 8 + 56;
        box.style.left = `${scrollX + Math.max(8, Math.min(place.left, root.clientWidth - width - 8))}px`;
        box.style.top = `${scrollY + (above ? place.top - height - 6 : place.bottom + 6)}px`;
      };
      const soon = (action, milliseconds) => {
        clearTimeout(timer);
        timer = setTimeout(action, milliseconds);
      };
      const open = (link) => show(link).catch(() => { pages.clear(); }); // no connection: no preview
      for (const link of links) {
        link.removeAttribute("title"); // the preview says the same
        link.addEventListener("pointerenter", (event) => {
          if (event.pointerType !== "mouse") return;
          if (shown === link) clearTimeout(timer);
          else soon(() => open(link), 250);
        });
        link.addEventListener("pointerleave", () => soon(hide, 250));
        link.addEventListener("focus", () => { if (link.matches(":focus-visible")) open(link); });
        link.addEventListener("blur", hide);
        link.addEventListener("click", hide);
      }
      box.addEventListener("pointerenter", () => clearTimeout(timer));
      box.addEventListener("pointerleave", () => soon(hide, 250));
      document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
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
