"use strict";
// Offers names and headlines below a search box while somebody types.
const WAIT = 150; // milliseconds without a key
const LONGEST = 100; // characters that /v1/suggest takes

for (const [number, box] of document.querySelectorAll("form[role=search] input[type=search]").entries()) {
  const list = document.createElement("datalist");
  list.id = `suggestions-${number}`;
  box.after(list);
  box.setAttribute("list", list.id);
  box.autocomplete = "off";
  let timer = 0;
  let request = new AbortController();

  async function suggest() {
    request.abort();
    request = new AbortController();
    const typed = box.value.trim();
    if (!typed || typed.length > LONGEST) return list.replaceChildren();
    const answer = await fetch(`/v1/suggest?q=${encodeURIComponent(typed)}`, { signal: request.signal });
    if (!answer.ok) return list.replaceChildren();
    const { items } = await answer.json();
    const texts = new Set(items.map((item) => item.text));
    list.replaceChildren(...[...texts].map((text) => Object.assign(document.createElement("option"), { value: text })));
  }

  box.addEventListener("input", () => {
    clearTimeout(timer);
    // A request that a later one replaces ends in an error, and so does one without a network: the list stays.
    timer = setTimeout(() => suggest().catch(() => {}), WAIT);
  });
}
