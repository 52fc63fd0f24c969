// What pages can do better with a script: show how far a dry request is and cancel it, show a secret while
// it is typed, hide fields that another choice needs. Everything works without.
"use strict";

// Secrets that were typed stay in this page alone, for forms that are shown again since nobody could say.
const typed = (form) => new Map([...form.querySelectorAll("[data-secret]")].map((box) => [box.name, box.value]));

function prepare(root) {
  for (const button of root.querySelectorAll("[data-reveal]")) {
    const box = document.getElementById(button.dataset.reveal);
    const word = button.firstChild;
    button.classList.remove("hidden");
    button.addEventListener("click", () => {
      const shows = box.type === "password";
      box.type = shows ? "text" : "password";
      word.textContent = shows ? button.dataset.hide : button.dataset.show;
      button.setAttribute("aria-pressed", String(shows));
      box.focus();
    });
  }
  for (const form of root.querySelectorAll("form[data-verify]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, event.submitter);
    });
  }
  for (const field of root.querySelectorAll("[data-when]")) {
    const chooser = field.closest("form").elements[field.dataset.when];
    const values = field.dataset.values.split("\n");
    const follow = () => {
      const value = chooser.type === "checkbox" ? String(chooser.checked) : chooser.value;
      const counts = values.includes(value) && !chooser.closest(".field").hidden;
      field.hidden = !counts;
      for (const control of field.querySelectorAll("input, select, textarea")) control.disabled = !counts;
    };
    chooser.form.addEventListener("change", follow);
    follow();
  }
}

async function send(form, submitter) {
  const progress = form.querySelector("[data-progress]");
  const doing = progress.querySelector(".doing");
  const buttons = [...form.querySelectorAll("button:not([data-cancel])")];
  const body = new URLSearchParams(new FormData(form, submitter));
  const secrets = typed(form);
  const leaving = new AbortController();
  const cancel = progress.querySelector("[data-cancel]");
  const stop = () => leaving.abort();
  const say = (stage) => { doing.textContent = progress.dataset[stage] ?? ""; };
  const rest = (stage) => {
    say(stage);
    progress.querySelector(".spinner").classList.add("hidden");
    cancel.classList.add("hidden");
    for (const button of buttons) button.disabled = false;
  };
  for (const button of buttons) button.disabled = true;
  progress.classList.remove("hidden");
  progress.querySelector(".spinner").classList.remove("hidden");
  cancel.classList.remove("hidden");
  cancel.addEventListener("click", stop, { once: true });
  say("checking");
  try {
    const answer = await fetch(form.action, {
      method: "POST", body, signal: leaving.signal, headers: { Accept: "application/x-ndjson, text/html" },
    });
    for await (const line of lines(answer)) {
      if (line.stage) say(line.stage);
      if (line.location) return void location.assign(line.location);
      if (line.page) return show(line.page, secrets);
    }
    rest("broken");
  } catch {
    rest(leaving.signal.aborted ? "cancelled" : "broken");
  } finally {
    cancel.removeEventListener("click", stop);
  }
}

async function* lines(answer) {
  if (!(answer.headers.get("content-type") ?? "").startsWith("application/x-ndjson")) {
    // Signed out meanwhile, or refused before anything was done: the page itself tells.
    yield answer.redirected ? { location: answer.url } : { page: await answer.text() };
    return;
  }
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of chunks(answer.body)) {
    rest += decoder.decode(part, { stream: true });
    const whole = rest.split("\n");
    rest = whole.pop();
    for (const line of whole) yield JSON.parse(line);
  }
}

// Not every browser can iterate over a stream.
async function* chunks(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function show(page, secrets) {
  const made = new DOMParser().parseFromString(page, "text/html");
  const main = made.querySelector("main");
  document.querySelector("main").replaceWith(main);
  document.title = made.title;
  const keeps = main.querySelector("[name=accept_unverified]");
  for (const box of keeps ? main.querySelectorAll("[data-secret]") : []) box.value = secrets.get(box.name) ?? "";
  prepare(main);
  (main.querySelector("#outcome") ?? main).focus();
  scrollTo(0, 0);
}

// Browsers keep whole pages for those who go back. Who has signed out meanwhile, or changed something, is
// to see what holds now.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

prepare(document);
