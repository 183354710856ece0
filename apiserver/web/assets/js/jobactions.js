// What a person does with a job on its page, and what that changes: the focus stays near what was pressed, what was open
// stays open, and people with a screen reader are told in a sentence.
(() => {
  "use strict";

  // Where the focus goes when what had it is gone: to the first of these that is there.
  const successors = {
    "#do-pause": ["#do-resume"], "#do-resume": ["#do-pause"], "#do-delete": ["#do-restore"], "#do-restore": ["#do-delete"],
    "#do-cancel": ["#ask-cancel"], "#keep-1": ["#ask-keep"], "#keep-7": ["#ask-keep"], "#keep-30": ["#ask-keep"], "#keep-365": ["#ask-keep"],
  };
  const begun = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  const job = () => document.getElementById("job");

  let pressed = ""; // the button of the action under way: it may have lost the focus while it was disabled
  let before = null; // the upper part of the page that is being replaced

  // selector names an element in the old and in the new part of the page, "" if nothing does.
  function selector(element) {
    if (element.id) return `#${element.id}`;
    return element.matches("a[href]") ? `a[href=${JSON.stringify(element.getAttribute("href"))}]` : "";
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb !== "post" || !job()?.contains(event.detail.elt)) return;
    pressed = job().contains(document.activeElement) ? selector(document.activeElement) : "";
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, requestConfig, shouldSwap } = event.detail;
    before = null;
    if (target.id !== "job" || !shouldSwap) return;
    const active = document.activeElement;
    const action = requestConfig.verb === "post" ? requestConfig.path.split("/").pop() : "";
    before = {
      action,
      focus: target.contains(active) ? selector(active) || "#actions-title" : active === document.body ? pressed : "",
      open: [...target.querySelectorAll(action ? "details.fold[open]" : "details[open]")].map((details) => details.id),
      status: target.dataset.status, deleting: Boolean(target.querySelector("#deleting")),
    };
    pressed = "";
  });

  document.addEventListener("htmx:load", (event) => {
    const root = event.detail.elt;
    if (root.id !== "job") return;
    showRuns();
    if (!before) return;
    for (const id of before.open) document.getElementById(id)?.setAttribute("open", "");
    if (document.activeElement === document.body && before.focus) focusOn([before.focus, ...(successors[before.focus] ?? []), "#actions-title"]);
    if (before.action === "keep") root.querySelector("#kept").classList.add("changed");
    const told = sentence(before, root);
    if (told) wsc.announce(told);
    before = null;
  });

  function focusOn(selectors) {
    for (const one of selectors) {
      const element = job().querySelector(one);
      element?.focus({ preventScroll: true });
      if (element && document.activeElement === element) return;
    }
  }

  // sentence says what changed. How a job ended is told with its numbers, by the script that follows it.
  function sentence(was, root) {
    const status = root.dataset.status;
    const banner = root.querySelector("#deleting");
    if (banner && !was.deleting) {
      return `The job will be deleted in ${wsc.duration((Number(banner.dataset.deleteAt) - Date.now()) / 1000)}. Undo takes that back.`;
    }
    if (!banner && was.deleting) return "The job will not be deleted.";
    if (was.action === "keep") return root.querySelector("#kept").textContent;
    if (status === "paused" && was.status !== "paused") return "The job is paused.";
    if (was.status === "paused" && ["pending", "processing"].includes(status)) return "The job goes on.";
    if (was.action === "cancel" && ["pending", "processing", "paused"].includes(status)) return "The job is being cancelled.";
    return "";
  }

  // showRuns writes the jobs to compare with in the reader's zone and numbers.
  function showRuns() {
    for (const option of document.querySelectorAll("option[data-begun]")) {
      const { begun: at, name, results } = option.dataset;
      option.textContent = `${begun.format(new Date(at))} · ${name} · ${wsc.number(results)} ${results === "1" ? "result" : "results"}`;
    }
  }

  // What was opened by a click closes by one elsewhere, or by Escape.
  document.addEventListener("click", (event) => {
    for (const pop of document.querySelectorAll("details.pop[open]")) if (!pop.contains(event.target)) pop.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const pop = event.key === "Escape" && document.querySelector("details.pop[open]");
    if (!pop) return;
    pop.open = false;
    pop.querySelector("summary").focus();
  });

  showRuns();
})();
