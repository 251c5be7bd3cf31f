// The guided look by keys: left, right, Escape. Fields keep theirs.
"use strict";
(() => {
  const start = () => {
    const links = { ArrowLeft: "look-back", ArrowRight: "look-next", Escape: "look-end" };
    const focus = () => setTimeout(() => document.getElementById("look-next").focus({ preventScroll: true }));
    // The target of the page's address takes the focus until everything is loaded.
    if (document.readyState === "complete") focus();
    else window.addEventListener("load", focus);
    document.addEventListener("keydown", (event) => {
      const link = document.getElementById(links[event.key] || "");
      const inField = event.target.closest("input, select, textarea, pre, [role=group], [role=region]");
      if (!link || inField || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      link.click();
    });
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
