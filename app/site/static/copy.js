"use strict";
// Gives each form of "the request behind this page" a button that copies it.
for (const panel of document.querySelectorAll("details.behind")) {
  for (const code of panel.querySelectorAll("pre > code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = panel.dataset.copy;
    button.setAttribute("aria-label", `${panel.dataset.copy}: ${code.closest("div").querySelector("dt").textContent}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = panel.dataset.copied;
      setTimeout(() => { button.textContent = panel.dataset.copy; }, 2000);
    });
    code.closest("dd").append(button);
  }
}
