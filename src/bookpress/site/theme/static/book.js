// Small comforts. Every page reads well without this file.
(() => {
  const root = document.documentElement;

  // Theme: as the system, light, dark.
  const themes = ["", "light", "dark"];
  const button = document.getElementById("theme");
  const name = () => root.dataset.theme || "";
  const label = () => button.setAttribute("aria-label", `Color theme: ${name() || "as the system"}`);
  if (button) {
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
  }

  // "/" jumps to the search field.
  const field = document.getElementById("search-field");
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && field) {
      event.preventDefault();
      field.focus();
    }
  });

  // The table of contents is a popover on narrow screens only, and opens at the current page.
  const contents = document.getElementById("contents");
  const current = contents?.querySelector("[aria-current]");
  if (contents && current) contents.scrollTop = current.offsetTop - contents.clientHeight / 3;

  // What scrolls sideways can be reached with the keyboard.
  const scrollers = [...document.querySelectorAll("pre, .table-scroll, .math-scroll")];
  const check = (target) => {
    if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  };
  const resized = new ResizeObserver((entries) => entries.forEach((entry) => check(entry.target)));
  for (const scroller of scrollers) resized.observe(scroller);
  document.fonts.ready.then(() => scrollers.forEach(check));

  // Copy a code cell.
  if (navigator.clipboard) {
    for (const block of document.querySelectorAll(".cell_input .highlight, .highlight-python .highlight, .highlight-console .highlight, .highlight-bash .highlight")) {
      const copy = document.createElement("button");
      copy.type = "button";
      copy.className = "copy";
      copy.textContent = "Copy";
      copy.addEventListener("click", async () => {
        const text = block.querySelector("pre").textContent.replace(/^(>>> |\.\.\. |\$ )/gm, "");
        await navigator.clipboard.writeText(text.replace(/\n$/, ""));
        copy.textContent = "Copied";
        setTimeout(() => { copy.textContent = "Copy"; }, 1500);
      });
      block.append(copy);
    }
  }

  // "On this page" follows the reader.
  const links = new Map([...document.querySelectorAll(".here a")].map((a) => [a.hash.slice(1), a]));
  if (links.size) {
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
  }

  // A folded element opens for a link into it, and everything opens for the printer.
  const unfold = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  };
  window.addEventListener("hashchange", unfold);
  unfold();
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("main details:not([open])")];
    for (const details of folded) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });
})();
