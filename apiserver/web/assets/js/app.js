// What every page does: numbers and times in the reader's own form, messages, the menu, the state of the connection.
// Pages work without any of it. Functions for other scripts are in window.wsc.
(() => {
  "use strict";

  const number = new Intl.NumberFormat();
  // Numbers with none, one and two digits behind the point.
  const numbers = [0, 1, 2].map((digits) => new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  const distances = new Intl.RelativeTimeFormat("en", { style: "short" }); // words, like the sentences around them
  const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

  // localise writes numbers and times below an element in the form of the reader's language and zone. The exact time in
  // UTC stays in the title, which the server wrote.
  function localise(root) {
    for (const data of root.querySelectorAll("data[value]")) {
      data.textContent = numbers[data.dataset.digits ?? 0].format(Number(data.value));
    }
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) {
        time.textContent = time.dataset.ago === undefined ? times.format(at) : ago(at);
      }
    }
  }

  // ago writes how far a time is from now, in its largest unit.
  function ago(at) {
    const s = Math.round((at.getTime() - Date.now()) / 1000);
    const away = Math.abs(s);
    if (away < 60) return distances.format(s, "second");
    if (away < 3600) return distances.format(Math.trunc(s / 60), "minute");
    if (away < 172800) return distances.format(Math.trunc(s / 3600), "hour");
    return distances.format(Math.trunc(s / 86400), "day");
  }

  // Distances from now change by themselves.
  setInterval(() => {
    for (const time of document.querySelectorAll("time[data-ago]")) time.textContent = ago(new Date(time.dateTime));
  }, 5000);

  // duration writes seconds in their two largest units.
  function duration(seconds) {
    const s = Math.max(0, Math.round(seconds));
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
    if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
    return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
  }

  // announce tells people with a screen reader, politely.
  function announce(text) {
    document.getElementById("announcer").textContent = text;
  }

  // message shows a sentence at the top of the page. Tone is good, warn or bad.
  function message(text, tone) {
    const box = document.createElement("div");
    box.className = `banner ${tone}`;
    box.dataset.message = "";
    const sentence = document.createElement("p");
    sentence.textContent = text;
    const dismiss = document.createElement("button");
    dismiss.type = "button";
    dismiss.className = "link";
    dismiss.dataset.dismiss = "";
    dismiss.textContent = "Dismiss";
    box.append(sentence, dismiss);
    document.getElementById("messages").append(box);
  }

  // setIcon shows a state in the tab: "", running, good or bad.
  function setIcon(state) {
    const link = document.querySelector('link[rel="icon"]');
    if (link.dataset.state === state && link.dataset.shown !== undefined) return;
    link.dataset.state = link.dataset.shown = state;
    const name = state ? `icon-${state}.svg` : "icon.svg";
    link.href = `/assets/${name}`;
  }

  // offline shows or hides that the server can't be reached. While it can't, it is asked now and then whether it is back.
  function offline(lost) {
    const banner = document.getElementById("offline");
    if (lost) lookout ||= setTimeout(look, document.hidden ? 5 * every : every);
    if (banner.hidden === !lost) return;
    banner.hidden = !lost;
    if (lost) return;
    announce("The connection is back.");
    repeatLost();
  }

  const every = 2000; // ms between two questions whether the server is back
  let lookout = 0;

  async function look() {
    lookout = 0;
    if (document.getElementById("offline").hidden) return;
    try {
      const response = await fetch("/healthz", { cache: "no-store" });
      offline(!response.ok);
    } catch {
      offline(true);
    }
  }

  // lost is what a part of the page asked for last without reaching the server: element -> the event that made it ask.
  const lost = new Map();

  // repeatLost asks again for what was to be seen; what was to be changed is for the reader to repeat.
  function repeatLost() {
    const asked = [...lost];
    lost.clear();
    for (const [element, event] of asked) {
      if (element.isConnected) window.htmx.trigger(element, event);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    localise(document);
    const icon = document.querySelector('link[rel="icon"]');
    if (icon.dataset.state) setIcon(icon.dataset.state);
    for (const here of document.querySelectorAll("[data-here]")) {
      here.value = location.pathname + location.search;
    }
  });

  document.addEventListener("click", (event) => {
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest("[data-message]").remove();
    const copy = event.target.closest("[data-copy]");
    if (copy) copyText(copy);
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // A form, or the button that sends it, with data-confirm asks before.
  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  // copyText copies what a button names with data-copy: the id of an element, whose text or value it is.
  async function copyText(button) {
    const source = document.getElementById(button.dataset.copy);
    const text = source.value ?? source.textContent;
    try {
      await navigator.clipboard.writeText(text);
      announce("Copied.");
      button.dataset.copied = "";
      const label = button.querySelector("[data-label]") ?? button;
      const before = label.textContent;
      label.textContent = "Copied";
      setTimeout(() => { label.textContent = before; }, 1500);
    } catch {
      message("The browser did not allow copying. Select the text and copy it yourself.", "warn");
    }
  }

  // What htmx put into the page gets the reader's form as well. A request that did not reach the server is told once.
  document.addEventListener("htmx:load", (event) => localise(event.detail.elt));
  document.addEventListener("htmx:sendError", (event) => {
    offline(true);
    const { verb, elt, triggeringEvent } = event.detail.requestConfig;
    if (verb === "get") {
      // What a script asks for by itself, it asks for again.
      if (triggeringEvent) lost.set(elt, elt.matches("form") ? "submit" : triggeringEvent.type);
    } else {
      message("The server did not answer, so this may not have been done. Look when the connection is back, and do it again if need be.", "warn");
    }
  });
  // An answer like 503 may be that of a proxy before a server that is away.
  document.addEventListener("htmx:afterOnLoad", (event) => { if (event.detail.xhr.status < 500) offline(false); });
  // With Back and Forward the server may have another page for the address than it had: one that says what became of it.
  document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());
  window.addEventListener("offline", () => offline(true));
  window.addEventListener("online", look);

  window.wsc = { localise, duration, announce, message, setIcon, offline, number: (n) => number.format(n) };
})();
