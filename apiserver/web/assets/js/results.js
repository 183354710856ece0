// The results of a job, livelier: keys, details in a drawer, copying, columns that are remembered, and a quiet word when
// new results have come. It listens at the document, since every filter and page replaces the part.
(() => {
  "use strict";

  const list = () => document.getElementById("results-list");
  const drawer = () => document.getElementById("result-dialog");
  const rows = () => [...document.querySelectorAll("#results-list tbody tr")];
  const opener = (row) => row?.querySelector("[data-open]");
  document.documentElement.classList.add("scripted");

  // Copying. Without the clipboard, which browsers give to encrypted pages only, the selection serves.
  async function copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "visually-hidden";
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    if (!done) throw new Error("the browser refuses to copy");
  }

  async function copyURLs(from, told) {
    const urls = from.map((row) => {
      const cell = row.querySelector("[data-full]");
      return cell.dataset.full || cell.textContent;
    });
    try {
      await copy(urls.join("\n"));
      window.wsc.announce(told(urls.length));
      return true;
    } catch {
      window.wsc.message("The browser did not allow copying. Select the text and copy it yourself.", "warn");
      return false;
    }
  }

  async function copyPage(button) {
    const label = button.querySelector("[data-label]");
    if (await copyURLs(rows(), (n) => `${n} URLs copied.`)) {
      label.textContent = "Copied";
      setTimeout(() => { label.textContent = "Copy URLs"; }, 1500);
    }
  }

  // The drawer with the details has an address of its own in the history, so that going back closes it.
  let leaving = false;

  function showDetails(details) {
    const dialog = drawer();
    leadThroughRows(details);
    const state = { wscResult: true };
    if (history.state?.wscResult) history.replaceState(state, "", details.dataset.address);
    else history.pushState(state, "", details.dataset.address);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    details.querySelector("#result-title").focus();
  }

  // leadThroughRows lets "previous" and "next" follow the table as it is filtered and ordered.
  function leadThroughRows(details) {
    const row = document.getElementById(`result-${details.dataset.result}`);
    if (!row) return;
    for (const [name, neighbour] of [["before", row.previousElementSibling], ["after", row.nextElementSibling]]) {
      const link = details.querySelector(`[data-${name}]`);
      link.hidden = !neighbour;
      if (neighbour) link.href = opener(neighbour).getAttribute("href");
    }
  }

  function loadDetails(address) {
    window.htmx.ajax("GET", address, { source: drawer(), target: "#result-dialog", swap: "innerHTML" });
  }

  function step(direction) {
    if (drawer()?.open) {
      const link = drawer().querySelector(direction > 0 ? "[data-after]" : "[data-before]");
      if (link && !link.hidden) loadDetails(link.getAttribute("href"));
      return;
    }
    const all = rows();
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = at < 0 ? (direction > 0 ? 0 : all.length - 1) : at + direction;
    if (!all[next]) {
      window.wsc.announce(direction > 0 ? "This is the last row of the page." : "This is the first row of the page.");
      return;
    }
    opener(all[next]).focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("close", (event) => {
    if (event.target !== drawer()) return;
    const shown = event.target.querySelector("[data-result]");
    // The event comes a moment after the drawer closed; who began to type meanwhile goes on.
    if (!document.activeElement.matches("input, textarea, select")) {
      opener(shown && document.getElementById(`result-${shown.dataset.result}`))?.focus();
    }
    if (!history.state?.wscResult) return;
    leaving = true;
    history.back();
  }, true);

  // htmx listens for popstate as well, and would load the page anew; what only opens or closes the drawer is not for it.
  window.addEventListener("popstate", (event) => {
    const dialog = drawer();
    if (leaving) {
      leaving = false;
      event.stopImmediatePropagation();
    } else if (!dialog) {
      const shown = document.querySelector("[data-result]");
      if (!shown || shown.dataset.address === location.pathname) return;
      event.stopImmediatePropagation(); // the page was reloaded while the drawer was open
      location.reload();
    } else if (event.state?.wscResult) {
      event.stopImmediatePropagation();
      loadDetails(location.pathname);
    } else if (dialog.open) {
      event.stopImmediatePropagation();
      dialog.close();
    }
  }, true);

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target === drawer() || target.closest("[data-close]")) {
      drawer().close();
    } else if (target.closest("#result-dialog [data-before], #result-dialog [data-after]")) {
      event.preventDefault();
      loadDetails(target.closest("a").getAttribute("href"));
    } else if (target.closest("[data-copy-urls]")) {
      copyPage(target.closest("[data-copy-urls]"));
    } else if (target.closest("[data-copy-url]")) {
      copyURLs([target.closest("tr")], () => "URL copied.");
    } else if (target.closest("[data-keys]")) {
      document.getElementById("keys-dialog").showModal();
    } else {
      const columns = document.querySelector("details.column-choice[open]");
      if (columns && !columns.contains(target)) columns.open = false;
      const row = target.closest("#results-list tbody tr");
      if (row && !target.closest("a, button, time") && !String(getSelection())) opener(row).click();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !list()) return;
    const columns = document.querySelector("details.column-choice[open]");
    if (event.key === "Escape" && columns) {
      columns.open = false;
      columns.querySelector("summary").focus();
      return;
    }
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (document.querySelector("dialog[open]:not(#result-dialog)")) return;
    switch (event.key) {
      case "j": step(1); break;
      case "k": step(-1); break;
      case "/":
        if (drawer().open) return;
        document.getElementById("results-q").focus();
        document.getElementById("results-q").select();
        break;
      case "?": document.getElementById("keys-dialog").showModal(); break;
      default: return;
    }
    event.preventDefault();
  });

  // The browser remembers the columns. The server reads the cookie when it makes the table.
  document.addEventListener("change", (event) => {
    if (event.target.name !== "cols") return;
    const chosen = [...document.querySelectorAll('#results-columns input[name="cols"]:checked')].map((box) => box.value);
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `wsc_columns=${chosen.join(".") || "none"}; path=/; max-age=31536000; samesite=strict${secure}`;
  }, true);

  // What was typed while an answer was under way stays, and is asked for next.
  let typed = null;
  let columnsOpen = false;

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== list()) return;
    columnsOpen = document.getElementById("results-columns").open;
    const field = document.activeElement;
    typed = null;
    if (field?.closest(".results-form") && field.matches('input[type="search"], input[type="text"], input:not([type])')) {
      const sent = event.detail.requestConfig.parameters[field.name] ?? "";
      if (field.value !== sent) typed = { id: field.id, value: field.value, at: field.selectionStart };
    }
  });

  document.addEventListener("htmx:load", (event) => {
    const loaded = event.detail.elt;
    if (loaded.matches?.("[data-result]") && drawer()?.contains(loaded)) showDetails(loaded);
    if (loaded.id !== "results-list") return;
    document.getElementById("results-columns").open = columnsOpen;
    window.wsc.announce(document.getElementById("results-summary").textContent.trim() || "No results.");
    if (!typed) return;
    const field = document.getElementById(typed.id);
    field.value = typed.value;
    field.setSelectionRange(typed.at, typed.at);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    typed = null;
  });

  // While the job runs, new results do not move the rows that somebody reads. The first ones appear by themselves.
  document.addEventListener("wsc:progress", (event) => {
    const section = list();
    const progress = event.detail;
    if (!section || section.dataset.job !== progress.job_id) return;
    const counts = { all: progress.processed_urls, active: progress.active_count, inactive: progress.inactive_count, error: progress.error_count };
    for (const count of section.querySelectorAll("[data-count]")) {
      if (count.dataset.count in counts) count.textContent = window.wsc.number(counts[count.dataset.count]);
    }
    const more = progress.processed_urls - Number(section.dataset.processed);
    if (more <= 0 || drawer().open) return;
    const link = document.getElementById("results-new-link");
    if (!rows().length && !section.dataset.filter) {
      if (!section.querySelector(".htmx-request")) link.click();
      return;
    }
    const hint = document.getElementById("results-new");
    const words = `${window.wsc.number(more)} new ${more === 1 ? "result" : "results"}${section.dataset.filter ? " before filters" : ""}`;
    hint.querySelector("[data-new]").textContent = words;
    if (hint.hidden) window.wsc.announce(`${words}.`);
    hint.hidden = false;
  });
})();
