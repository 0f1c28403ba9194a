"use strict";
// Puts each event of the stream of changes above those that the page came with.
const events = document.getElementById("events");
const state = document.getElementById("state");
const MOST = 200;

function element(name, text, properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, properties);
}

function show(event) {
  const change = JSON.parse(event.data);
  const line = document.createElement("p");
  line.append(element("strong", change.op), ` ${change.noun} `, element("code", change.ref), " ");
  line.append(element("time", change.at, { dateTime: change.at }));
  const item = document.createElement("li");
  item.className = "new";
  item.append(line, element("p", change.keys.join(" "), { className: "keys" }));
  events.prepend(item);
  while (events.children.length > MOST) events.lastElementChild.remove();
}

const stream = new EventSource(events.dataset.stream);
stream.addEventListener("change", show);
stream.addEventListener("open", () => { state.textContent = "Connected: waiting for changes"; });
stream.addEventListener("error", () => { state.textContent = "The connection is lost; it is tried again"; });
