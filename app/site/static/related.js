"use strict";
// Puts the related stories below a story, before a reader comes there.
const section = document.getElementById("read-on");
const AHEAD = "800px";

async function show() {
  const answer = await fetch(section.querySelector("a").href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const stories = page.getElementById("related-stories");
  if (stories) section.append(document.adoptNode(stories));
}

const watch = new IntersectionObserver((entries) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  watch.disconnect();
  show().catch(() => {}); // without a network the link to the page of related stories stays
}, { rootMargin: AHEAD });
watch.observe(section);
