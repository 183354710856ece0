// The list of jobs: rows of jobs that change follow them, new jobs are told of, and actions happen in place. Without this,
// a reload shows how things stand and actions lead back to the page.
(() => {
  "use strict";

  const every = 2500; // ms between two looks at what runs
  const everyNew = 10000; // ms between two looks for new jobs
  const shown = new WeakMap(); // cell -> its content as the server wrote it
  let timer = 0;
  let asking = false;
  let lookedForNew = Date.now();

  const list = () => document.getElementById("job-list");

  function note(root) {
    for (const cell of root.querySelectorAll("[data-cell]")) {
      if (!shown.has(cell)) shown.set(cell, cell.innerHTML);
    }
  }

  // put takes over what changed of a row, cell by cell, so that nothing jumps and the focus stays.
  function put(row, fresh) {
    row.className = fresh.className;
    row.toggleAttribute("data-live", fresh.hasAttribute("data-live"));
    for (const cell of row.querySelectorAll("[data-cell]")) {
      const content = fresh.querySelector(`[data-cell="${cell.dataset.cell}"]`).innerHTML;
      if (shown.get(cell) === content) continue;
      const focused = cell.contains(document.activeElement);
      shown.set(cell, content);
      cell.innerHTML = content;
      window.wsc.localise(cell);
      if (focused) (cell.querySelector("button") ?? row.querySelector("a")).focus();
    }
  }

  // look asks for the rows with these ids in one request.
  async function look(ids) {
    const query = new URLSearchParams(ids.map((id) => ["id", id]));
    query.set("next", list().dataset.here);
    const response = await fetch(`/job-rows?${query}`, { headers: { "HX-Request": "true" } });
    if (left(response)) return;
    if (!response.ok) throw new Error(String(response.status));
    const box = document.createElement("template");
    box.innerHTML = await response.text();
    for (const id of ids) {
      const row = document.getElementById(`job-${id}`);
      const fresh = box.content.getElementById(`job-${id}`);
      if (!row) continue;
      if (fresh) put(row, fresh);
      else remove(row);
    }
  }

  // lookForNew asks for the list as it is now, and tells of jobs that this page does not have. They are not put in, so that
  // nothing moves under the pointer.
  async function lookForNew() {
    lookedForNew = Date.now();
    const notice = document.getElementById("jobs-new");
    if (!notice) return;
    const response = await fetch(list().dataset.here, { headers: { "HX-Request": "true" } });
    if (left(response) || !response.ok) return;
    const box = document.createElement("template");
    box.innerHTML = await response.text();
    const missing = [...box.content.querySelectorAll("[data-job]")].filter((row) => !document.getElementById(row.id)).length;
    const text = missing === 1 ? "1 new job" : `${missing} new jobs`;
    const told = notice.querySelector("[data-new]");
    if (missing > 0 && told.textContent !== text) window.wsc.announce(text);
    told.textContent = text;
    notice.hidden = missing === 0;
  }

  function remove(row) {
    const name = row.querySelector("a").textContent;
    const focused = row.contains(document.activeElement);
    const near = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    window.wsc.announce(`${name} was deleted.`);
    if (focused) (near?.querySelector("a") ?? document.getElementById("main")).focus();
    if (!list().querySelector("[data-job]")) location.reload();
  }

  // left reports whether the session is over, and goes where the server says.
  function left(response) {
    const target = response.headers.get("HX-Redirect");
    if (!target?.startsWith("/sign-in")) return false;
    location.assign(target);
    return true;
  }

  async function tick() {
    timer = 0;
    const ids = [...list().querySelectorAll("[data-live]")].map((row) => row.dataset.job);
    if (asking || document.hidden) return;
    asking = true;
    try {
      if (ids.length > 0) await look(ids);
      if (Date.now() - lookedForNew >= everyNew) await lookForNew();
      window.wsc.offline(false);
    } catch (problem) {
      if (problem instanceof TypeError) window.wsc.offline(true);
    } finally {
      asking = false;
      plan();
    }
  }

  // plan looks again later: sooner if anything runs.
  function plan() {
    if (timer || document.hidden) return;
    timer = setTimeout(tick, list().querySelector("[data-live]") ? every : everyNew);
  }

  async function act(form, submitter) {
    const row = form.closest("[data-job]");
    const buttons = form.querySelectorAll("button");
    for (const button of buttons) button.setAttribute("aria-disabled", "true");
    try {
      const response = await fetch(submitter?.getAttribute("formaction") ?? form.action, {
        method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Request": "true" },
      });
      if (left(response)) return;
      if (!response.ok) {
        document.getElementById("messages").insertAdjacentHTML("beforeend", await response.text());
        return;
      }
      await look([row.dataset.job]);
      window.wsc.announce(row.querySelector("[data-cell='state']").textContent.trim().replace(/\s+/g, " "));
    } catch {
      window.wsc.offline(true);
    } finally {
      for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
      plan();
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-act]") || event.defaultPrevented) return;
    event.preventDefault();
    if (form.querySelector("[aria-disabled]")) return;
    act(form, event.submitter);
  });

  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
  window.addEventListener("online", () => tick());

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target.id === "job-list") event.detail.target.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterSettle", () => {
    const summary = list().querySelector("[data-summary]")?.dataset.summary;
    window.wsc.announce(summary ?? `${list().querySelectorAll("[data-job]").length} jobs on this page.`);
    note(list());
    plan();
  });
  // With Back and Forward the list comes from the server, and what runs in it is followed again.
  document.addEventListener("htmx:historyRestore", () => {
    if (!list()) return;
    note(list());
    plan();
  });
  document.addEventListener("htmx:afterRequest", () => list().setAttribute("aria-busy", "false"));

  note(document);
  plan();
})();
