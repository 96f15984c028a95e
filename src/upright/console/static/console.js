// The chat without page loads: the answer appears as it is released. Without this file the form
// posts as usual. Text only ever enters the page as text; markup comes from our own server.
(function () {
  "use strict";

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-composer]") && window.fetch && window.ReadableStream) {
      event.preventDefault();
      send(form);
    }
  });

  // Enter sends, Shift+Enter makes a new line, as people expect of a chat.
  document.addEventListener("keydown", (event) => {
    const box = event.target;
    const plain = !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (event.key === "Enter" && plain && !event.isComposing && box.id === "message") {
      event.preventDefault();
      box.form.requestSubmit();
    }
  });

  async function send(form) {
    if (form.getAttribute("aria-busy") === "true") return;
    const conversation = document.getElementById("conversation");
    const message = form.elements.message;
    const body = new URLSearchParams(new FormData(form));
    form.setAttribute("aria-busy", "true");
    const answer = draft(conversation, form, message.value);
    message.value = "";
    try {
      const response = await fetch(conversation.dataset.stream, { method: "POST", body });
      const type = response.headers.get("content-type") || "";
      if (!response.ok || !type.startsWith("application/x-ndjson")) {
        // An error page, or the sign-in page after a session ended: show it as it is.
        show(await response.text(), "main");
        return;
      }
      await read(response.body, answer);
    } catch {
      answer.textContent += "\n[The connection was lost. Load the page again.]";
      message.value = body.get("message");
      form.removeAttribute("aria-busy");
    }
  }

  async function read(stream, answer) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      const lines = (rest + (value || "")).split("\n");
      rest = done ? "" : lines.pop();
      for (const line of lines.filter(Boolean)) take(JSON.parse(line), answer);
      if (done) return;
    }
  }

  function take(line, answer) {
    if ("text" in line) answer.textContent += line.text;
    if ("page" in line) {
      show(line.page, "#conversation");
      const articles = document.querySelectorAll(".turn-service");
      const last = articles[articles.length - 1];
      if (last) announce(last.querySelector(".voice").textContent);
      const message = document.getElementById("message");
      if (message) message.focus({ preventScroll: true });
    }
  }

  // Replace a part of this page by the same part of a page that our server rendered.
  function show(html, selector) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.querySelector(selector);
    const old = document.querySelector(selector);
    if (fresh && old) old.replaceWith(document.adoptNode(fresh));
  }

  // What is being written, until the server's page takes its place.
  function draft(conversation, form, text) {
    let turns = conversation.querySelector(".turns");
    if (!turns) {
      turns = make("ol", "turns");
      turns.setAttribute("aria-label", "Conversation");
      conversation.insertBefore(turns, form);
    }
    turns.append(turn("turn-user", "You", text));
    const item = turn("card turn-service", "Answer", "");
    turns.append(item);
    const voice = item.querySelector(".voice");
    voice.classList.add("is-writing");
    item.scrollIntoView({ block: "nearest" });
    return voice;
  }

  function turn(name, speaker, text) {
    const item = make("li", "");
    const article = make("article", name);
    const heading = make("div", "speaker");
    const voice = make("p", "voice");
    heading.textContent = speaker;
    voice.textContent = text;
    article.append(heading, voice);
    item.append(article);
    return item;
  }

  function make(tag, name) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    return element;
  }

  // A screen reader hears the whole answer once, not each bit of it.
  function announce(text) {
    let region = document.getElementById("announcer");
    if (!region) {
      region = make("div", "visually-hidden");
      region.id = "announcer";
      region.setAttribute("role", "status");
      document.body.append(region);
    }
    region.textContent = text;
  }
})();
