// The demo: sends its requests one after the other, and tells how each went.
"use strict";
(() => {
  const start = () => {
    const button = document.getElementById("load-demo");
    const progress = document.getElementById("demo-progress");

    async function load() {
      const steps = [...document.querySelectorAll("#demo-steps [data-send]")];
      let refused = 0;
      for (const [n, step] of steps.entries()) {
        progress.textContent = `${n + 1} of ${steps.length}`;
        const outcome = step.parentElement.querySelector("output");
        const { answer, json, text } = await dashboard.send(dashboard.request(step));
        outcome.className = answer.ok ? "done" : "problem";
        outcome.textContent = answer.ok ? "done" : `${answer.status}: ${(json && (json.detail || json.error_msg || json.description || json.message)) || text}`;
        if (!answer.ok) refused += 1;
      }
      progress.textContent = refused === 0 ? "The demo is loaded." : `${refused} of ${steps.length} requests were refused.`;
      if (refused === 0) location.assign(button.dataset.then);
    }

    button.addEventListener("click", async () => {
      if (button.getAttribute("aria-busy") === "true") return;
      button.setAttribute("aria-busy", "true");
      try {
        await load();
      } catch (error) {
        progress.textContent = `The emulator does not answer: ${error.message}`;
      } finally {
        button.removeAttribute("aria-busy");
      }
    });
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
