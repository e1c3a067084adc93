"use strict";
(() => {
  const root = document.documentElement;
  const theme = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  const name = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  // A page from disk may have no storage; the choice then lasts as long as the page.
  const stored = (use) => { try { return use(localStorage); } catch { return null; } };
  const chosen = stored((store) => store.getItem("breachway-theme"));
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
  theme.hidden = false;
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    stored((store) => store.setItem("breachway-theme", root.dataset.theme));
    name();
  });
  dark.addEventListener("change", name);
  name();

  for (const button of document.querySelectorAll(".toggle-all")) {
    const area = document.querySelector(button.dataset.target);
    const cards = [...area.querySelectorAll("details")];
    const say = () => { button.textContent = cards.every((card) => card.open) ? "Close all" : "Open all"; };
    if (cards.length < 2) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const open = !cards.every((card) => card.open);
      for (const card of cards) card.open = open;
      say();
    });
    for (const card of cards) card.addEventListener("toggle", say);
    say();
  }

  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  // A second click on the same link changes no hash.
  addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) reveal();
  });
  reveal();

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const card of closed) card.open = true;
  });
  addEventListener("afterprint", () => { for (const card of closed) card.open = false; });

  const form = document.querySelector(".filters");
  if (!form) return;
  const found = [...document.querySelectorAll(".weakness")];
  const filter = () => {
    const data = new FormData(form);
    const severities = new Set(data.getAll("severity"));
    const words = String(data.get("text")).toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of found) {
      const keep = severities.has(card.dataset.severity)
        && (!data.has("path") || card.dataset.path === "yes")
        && words.every((word) => card.dataset.search.includes(word));
      card.hidden = !keep;
      if (keep) shown += 1;
    }
    for (const band of document.querySelectorAll(".band")) band.hidden = !band.querySelector(".weakness:not([hidden])");
    form.querySelector("output").textContent = `${shown} of ${found.length}`;
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
})();
