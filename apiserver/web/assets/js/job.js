// The page of a job follows the job: numbers, bar, strip, title and icon come from the event stream, and what the server
// writes better (actions, downloads, charts, results) is asked for when the job's state changes.
(() => {
  "use strict";

  const stripCells = 120;
  const silence = 10_000; // ms without an event after which a stream is taken for dead; one comes every second
  const restAfter = 3_000; // ms in the background after which a tab leaves its connection to others
  const peekEvery = 10_000; // ms between two looks of a tab in the background
  const statsPause = 5_000; // ms between two looks at the charts, at least

  const name = document.getElementById("job").dataset.name;
  const timers = [];
  const job = () => document.getElementById("job");
  const live = (name) => job().querySelector(`[data-live="${name}"]`);

  let source = null; // the stream, while there is one
  let last = null; // the newest progress
  let heard = Date.now();
  let finished = false;
  let resting = false; // in the background, without a stream
  let restTimer = 0;
  let announced = 0; // tenths that were announced
  let asking = false;
  let drawnAt = Date.now(); // when the newest cell of the strip began to be past
  const strip = []; // newest last: the differences of a second each

  // set writes a text, only if it changes: screen readers and selections stay undisturbed.
  function set(name, text) {
    const element = live(name);
    if (element && element.textContent !== text) element.textContent = text;
  }

  function setNumber(name, n) {
    const element = live(name);
    if (!element) return;
    let data = element.querySelector("data");
    if (!data) {
      data = document.createElement("data");
      element.replaceChildren(data);
    }
    if (data.value === String(n) && data.textContent !== "") return;
    data.value = String(n);
    data.textContent = wsc.number(n);
  }

  // percent is a share; only all is 100 %, and only none is 0 %.
  function percent(part, whole) {
    if (!whole || !part) return "0%";
    const share = 100 * part / whole;
    if (share < 0.1) return "<0.1%";
    const shown = part < whole ? Math.min(share, 99.9) : 100;
    return shown >= 10 ? `${Math.floor(shown)}%` : `${shown.toFixed(1)}%`;
  }

  function rate(perSecond) {
    return perSecond >= 100 ? wsc.number(Math.round(perSecond)) : perSecond.toFixed(1);
  }

  function show(p) {
    const root = job();
    root.dataset.processed = p.processed_urls;
    const remaining = Math.max(p.total_urls - p.processed_urls, 0);
    const whole = p.total_urls ? Math.floor(100 * p.processed_urls / p.total_urls) : 0;
    for (const [name, n] of [["processed", p.processed_urls], ["active", p.active_count], ["inactive", p.inactive_count],
      ["error", p.error_count], ["remaining", remaining]]) setNumber(name, n);
    if (p.total_urls) setNumber("total", p.total_urls);
    for (const [name, n] of [["active", p.active_count], ["inactive", p.inactive_count], ["error", p.error_count]]) {
      set(`${name}-share`, percent(n, p.processed_urls));
    }
    set("remaining-share", percent(remaining, p.total_urls));
    set("percent", `${whole}%`);
    set("rate", rate(p.rate));
    set("eta", p.eta_seconds === undefined ? "–" : wsc.duration(p.eta_seconds));
    const phases = JSON.parse(root.dataset.phases);
    if (phases[p.phase]) set("phase", phases[p.phase]);
    showPass(p);
    const bar = document.getElementById("bar");
    if (bar && p.total_urls) {
      bar.max = p.total_urls;
      bar.value = p.processed_urls;
      bar.textContent = `${whole}%`;
    }
    return whole;
  }

  function showPass(p) {
    const pass = live("pass"), retry = live("retry");
    if (pass) {
      pass.hidden = !p.pass;
      set("pass", `Further attempt ${p.pass} at what failed`);
    }
    if (!retry) return;
    retry.hidden = !p.next_retry_at;
    if (p.next_retry_at && retry.dataset.at !== p.next_retry_at) {
      retry.dataset.at = p.next_retry_at;
      const time = document.createElement("time");
      time.dateTime = p.next_retry_at;
      time.title = p.next_retry_at.replace("T", " ").replace("Z", " UTC");
      retry.replaceChildren("goes on at ", time);
      wsc.localise(retry);
    }
  }

  function took() {
    const element = job() && live("took");
    if (element && element.dataset.began) set("took", wsc.duration((Date.now() - Number(element.dataset.began)) / 1000));
  }

  // The strip: a cell is a second (or the time that the tab slept), its height how much came per second, its colours the
  // outcomes.
  function addCell(before, p) {
    const now = Date.now();
    const cell = {
      seconds: Math.max((now - drawnAt) / 1000, 0.1),
      good: p.active_count - before.active_count, warn: p.inactive_count - before.inactive_count, bad: p.error_count - before.error_count,
    };
    drawnAt = now;
    if (Math.min(cell.good, cell.warn, cell.bad) < 0) return;
    strip.push(cell);
    if (strip.length > stripCells) strip.shift();
  }

  function drawStrip() {
    const figure = document.getElementById("strip");
    if (!figure || strip.length === 0) return;
    figure.hidden = false;
    const svg = figure.querySelector("svg");
    const most = Math.max(1, ...strip.map((cell) => (cell.good + cell.warn + cell.bad) / cell.seconds));
    const parts = [];
    const sum = { good: 0, warn: 0, bad: 0 };
    strip.forEach((cell, i) => {
      let y = 24;
      for (const tone of ["good", "warn", "bad"]) {
        sum[tone] += cell[tone];
        const height = 23 * cell[tone] / cell.seconds / most;
        if (!height) continue;
        y -= height;
        parts.push(rectangle(stripCells - strip.length + i, y, height, `fill-${tone}`));
      }
      if (y === 24) parts.push(rectangle(stripCells - strip.length + i, 23, 1, "fill-none"));
    });
    svg.replaceChildren(...parts);
    const seconds = strip.reduce((all, cell) => all + cell.seconds, 0);
    const text = `The last ${wsc.duration(seconds)}: ${wsc.number(sum.good)} active, ${wsc.number(sum.warn)} inactive, ${wsc.number(sum.bad)} errors`;
    document.getElementById("strip-text").textContent = text;
  }

  function rectangle(x, y, height, tone) {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ x, y, width: 0.8, height, class: tone })) rect.setAttribute(name, value);
    return rect;
  }

  // announce tells every tenth, and the end.
  function announce(p, whole) {
    const tenth = Math.floor(whole / 10);
    if (tenth > announced && tenth < 10) {
      announced = tenth;
      wsc.announce(`${whole}% checked.`);
    }
  }

  function words(p) {
    const errors = `${wsc.number(p.error_count)} ${p.error_count === 1 ? "error" : "errors"}`;
    return `The job is ${p.status}: ${wsc.number(p.active_count)} active, ${wsc.number(p.inactive_count)} inactive, ${errors}.`;
  }

  function follow(message) {
    const p = JSON.parse(message.data);
    heard = Date.now();
    wsc.offline(false);
    if (!job()) return;
    if (last) addCell(last, p);
    else drawnAt = heard;
    const first = !last;
    last = p;
    const whole = show(p);
    if (first) announced = Math.floor(whole / 10);
    drawStrip();
    document.title = `${whole}% · ${name} · Website Status Checker`;
    if (message.type !== "done") announce(p, whole);
    document.dispatchEvent(new CustomEvent("wsc:progress", { detail: p }));
    if (resting) source?.close();
    if (message.type === "done") end(p);
    else if (p.status !== job().dataset.status || p.processed_urls > 0 && document.querySelector("#downloads[data-none]")) refresh();
  }

  function end(p) {
    if (finished) return;
    finished = true;
    wsc.announce(words(p));
    refresh();
    loadStats();
    document.dispatchEvent(new CustomEvent("wsc:results-complete"));
  }

  // refresh asks for the upper part of the page as the server has it now.
  async function refresh() {
    if (asking) return;
    asking = true;
    await ask(location.pathname + location.search, "#job");
    asking = false;
  }

  // ask replaces an element by what the server has for it. That the server can't be reached is shown by app.js.
  async function ask(address, element) {
    try {
      await htmx.ajax("GET", address, { source: element, target: element, swap: "outerHTML" });
    } catch {
      // The next event, or the next look, asks again.
    }
  }

  async function loadStats() {
    if (!document.getElementById("stats") || Number(job().dataset.processed) === 0) return;
    await ask(`/jobs/${job().dataset.id}/stats`, "#stats");
  }

  // The charts are looked at again while the job runs and somebody can see them; the longer it runs, the less often.
  function keepStats() {
    const began = Date.now();
    let drawn = 0, at = Date.now();
    timers.push(setInterval(() => {
      const processed = last ? last.processed_urls : 0;
      // The first charts come with the first results.
      const pause = drawn === 0 ? 0 : Math.min(Math.max(statsPause, (Date.now() - began) / 20), 60_000);
      if (finished || document.hidden || !document.getElementById("offline").hidden || processed === drawn || Date.now() - at < pause) return;
      at = Date.now();
      drawn = processed;
      loadStats();
    }, 1000));
  }

  // reconnect replaces a stream that died without a word, as it does when a machine slept.
  function reconnect() {
    const element = document.getElementById("live");
    if (!element || finished) return;
    heard = Date.now();
    if (source) source.close();
    const fresh = element.cloneNode(true);
    element.replaceWith(fresh);
    element.removeAttribute("sse-connect"); // what htmx wanted to connect again later
    htmx.process(fresh);
  }

  function watch() {
    if (finished || (document.hidden && !resting) || Date.now() - heard < (resting ? peekEvery : silence)) return;
    if (!resting) wsc.offline(true);
    reconnect();
  }

  // A browser has few connections to one server, and a stream holds one for as long as it is open. A tab in the background
  // closes its own and looks only now and then, so that title and icon still tell how the job goes.
  function visible() {
    clearTimeout(restTimer);
    if (document.hidden) {
      restTimer = setTimeout(() => {
        resting = true;
        source?.close();
      }, restAfter);
    } else if (resting) {
      resting = false;
      reconnect();
    } else {
      watch();
    }
  }

  // countdown tells when the deletion that was asked for happens, and leaves when it did.
  function countdown() {
    const banner = document.getElementById("deleting");
    if (!banner) return;
    const left = (Number(banner.dataset.deleteAt) - Date.now()) / 1000;
    if (left > 0) {
      set("deletion", `This job and its results will be deleted in ${wsc.duration(left)}.`);
      return;
    }
    if (banner.dataset.over === undefined) {
      banner.dataset.over = "";
      if (banner.contains(document.activeElement)) document.getElementById("actions-title").focus({ preventScroll: true });
      banner.querySelector("form")?.remove();
      set("deletion", "This job and its results are being deleted.");
    }
    if (Math.round(-left) % 5 === 2) refresh();
  }

  // leave ends all that follows the job: it is gone, and the server's words for that stand in place of the page.
  function leave(notice) {
    finished = true;
    for (const timer of timers) clearInterval(timer);
    clearTimeout(restTimer);
    source?.close();
    document.getElementById("messages").replaceChildren();
    notice.querySelector("[data-gone]").textContent = name;
    document.title = `Deleted · ${name} · Website Status Checker`;
    wsc.setIcon("");
    if (document.activeElement === document.body) notice.querySelector("h1").focus();
    else wsc.announce("This job was deleted.");
  }

  // The downloads follow the filter in the page's address.
  function followFilter() {
    const filter = new URLSearchParams(location.search);
    const names = ["status", "error_kind", "http_status", "host", "q", "slow", "sort"];
    for (const link of document.querySelectorAll("a[data-export]")) {
      const url = new URL(link.href);
      const original = url.searchParams.get("layout") === "original";
      for (const name of names) {
        url.searchParams.delete(name);
        if (name === "sort" && original) continue;
        for (const value of filter.getAll(name)) if (value) url.searchParams.append(name, value);
      }
      link.href = url.pathname + url.search;
    }
    const note = document.querySelector("[data-filtered]");
    if (note) note.hidden = !names.some((name) => name !== "sort" && filter.get(name));
  }

  function showSlow() {
    const stats = document.getElementById("stats");
    if (stats && stats.dataset.slow !== undefined) setNumber("slow", Number(stats.dataset.slow));
  }

  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    event.preventDefault(); // nothing is swapped: the data are numbers
    follow(event.detail);
  });
  document.addEventListener("htmx:sseOpen", (event) => {
    source = event.detail.source;
    heard = Date.now();
    wsc.offline(false);
  });
  document.addEventListener("htmx:sseError", () => {
    // A stream ends for a reason that the page itself is told as well: the server is away, the session is over, or the job
    // is gone.
    if (!finished) refresh();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target, requestConfig } = event.detail;
    if (target.id === "main") {
      document.getElementById("live")?.removeAttribute("sse-connect"); // the job is gone: not to be connected again
    } else if (xhr.status >= 400 && requestConfig.verb === "get" && ["job", "stats"].includes(requestConfig.elt.id)) {
      event.detail.shouldSwap = false; // nobody asked for it, and the next look asks again
    }
  });
  document.addEventListener("visibilitychange", visible);
  window.addEventListener("pageshow", watch);
  window.addEventListener("online", reconnect);
  document.addEventListener("htmx:afterSettle", () => {
    if (!job()) return;
    if (last && !finished) show(last);
    drawStrip();
    showSlow();
    followFilter();
  });
  for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"]) document.addEventListener(name, followFilter);
  window.addEventListener("popstate", followFilter);

  // The new upper part of the page has its own title and icon.
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt.id === "job-gone") leave(event.detail.elt);
    if (event.detail.elt.id !== "job") return;
    document.title = `${job().dataset.title} · Website Status Checker`;
    wsc.setIcon(job().dataset.icon);
  });

  showSlow();
  if (document.getElementById("live")) {
    keepStats();
    timers.push(setInterval(watch, 2000));
    if (document.hidden) visible(); // opened in the background
  }
  timers.push(setInterval(() => { took(); countdown(); }, 1000));
})();
