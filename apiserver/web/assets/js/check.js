// The start page and the page of an upload: files that are dropped, pasted or chosen anywhere, their upload with a
// progress bar, the number of URLs in the box, and options that the browser remembers. Everything hangs on the document,
// because both pages replace each other in place.
(() => {
  "use strict";

  const { announce, number } = window.wsc;
  const find = (selector) => document.querySelector(selector);
  const canSend = () => find("#sending") !== null;

  // Uploads. The request that sends a file, and the name of that file.
  let request = null;
  let sent = "";

  // leaving asks before the page is left, which would break off the upload.
  const leaving = (event) => event.preventDefault();

  // leadsToSignIn reports whether an answer sends the browser to the sign-in page: its session has ended.
  const leadsToSignIn = (elsewhere) => elsewhere !== null && new URL(elsewhere, location.href).pathname === "/sign-in";

  function bytes(n) {
    if (n >= 1048576) return `${number(Math.round(n / 104857.6) / 10)} MiB`;
    if (n >= 1024) return `${number(Math.round(n / 102.4) / 10)} KiB`;
    return `${number(n)} bytes`;
  }

  // fileProblem shows what is wrong with a file beside the place where it was chosen.
  function fileProblem(content) {
    const place = find("#file-problem");
    place.replaceChildren();
    if (typeof content === "string") {
      const sentence = document.createElement("p");
      sentence.className = "problem";
      sentence.textContent = content;
      place.append(sentence);
    } else if (content) {
      place.append(content);
    }
    const input = find("#file");
    if (input) input.value = "";
  }

  function showSending(file) {
    const box = find("#sending");
    box.hidden = file === null;
    if (file === null) return;
    box.querySelector("[data-sending-name]").textContent = file.name;
    box.querySelector("[data-sending-text]").textContent = "Sending…";
    box.querySelector("progress").value = 0;
    box.scrollIntoView({ block: "nearest" });
  }

  // said is the last quarter that was announced, so that a screen reader hears a few words and not hundreds.
  let said = 0;

  function progressed(event) {
    const box = find("#sending");
    if (!box || !event.lengthComputable) return;
    const share = event.loaded / event.total;
    const bar = box.querySelector("progress");
    const text = box.querySelector("[data-sending-text]");
    if (share >= 1) {
      bar.removeAttribute("value");
      text.textContent = "Reading the list…";
      announce("Sent. The list is being read.");
      return;
    }
    bar.value = 100 * share;
    text.textContent = `${Math.floor(100 * share)}% of ${bytes(event.total)}`;
    if (Math.floor(4 * share) > said) {
      said = Math.floor(4 * share);
      announce(`${25 * said}% sent.`);
    }
  }

  function upload(file) {
    if (!canSend()) return;
    if (request) {
      fileProblem(`${file.name} was not taken: ${sent} is still on its way. Wait until it has arrived, or cancel it; then choose ${file.name} once more.`);
      return;
    }
    const most = Number(find("#stage").dataset.maxBytes || 0);
    fileProblem(null);
    if (most > 0 && file.size > most) {
      fileProblem(`${file.name} has ${bytes(file.size)}; a list may have ${bytes(most)}. Split it, or save it without columns that are not needed.`);
      return;
    }
    if (file.size === 0) {
      fileProblem(`${file.name} is empty.`);
      return;
    }
    said = 0;
    showSending(file);
    announce(`Sending ${file.name}.`);
    const form = new FormData();
    form.append("file", file, file.name);
    request = new XMLHttpRequest();
    request.open("POST", "/uploads");
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", progressed);
    request.addEventListener("load", arrived);
    request.addEventListener("error", () => failed("The upload broke off. Look at your connection, and whether the file was changed or moved meanwhile; then try again."));
    request.addEventListener("abort", () => { done(); announce("The upload was cancelled."); });
    sent = file.name;
    window.addEventListener("beforeunload", leaving);
    request.send(form);
  }

  function done() {
    request = null;
    window.removeEventListener("beforeunload", leaving);
    showSending(null);
    const input = find("#file");
    if (input) input.value = "";
  }

  function failed(content) {
    done();
    fileProblem(content);
  }

  // signedOut says that a file was not taken since the session has ended. The page stays, so that the file can be sent again.
  function signedOut() {
    const sentence = document.createElement("p");
    sentence.className = "problem";
    const link = document.createElement("a");
    link.href = "/sign-in";
    link.target = "_blank";
    link.textContent = "Sign in again";
    sentence.append(`You were signed out, so ${sent} was not taken. `, link, " in another tab, then choose the file once more.");
    return sentence;
  }

  // arrived takes the answer: the preview, the way to another page, or what is wrong with the file.
  function arrived() {
    const answer = request;
    const elsewhere = answer.getResponseHeader("HX-Redirect");
    if (leadsToSignIn(elsewhere)) {
      failed(signedOut());
      return;
    }
    if (elsewhere) {
      done();
      location.assign(elsewhere);
      return;
    }
    const address = answer.getResponseHeader("HX-Push-Url");
    if (answer.status === 201 && address) {
      const before = find("#stage").dataset.upload;
      done();
      showUpload(answer.responseText, address);
      keepFew(address.split("/").pop(), before);
      return;
    }
    const page = new DOMParser().parseFromString(answer.responseText, "text/html");
    failed(page.querySelector("[data-file-problem]") ?? "The server did not take the file and did not say why. Try again in a moment.");
  }

  // showUpload puts the preview in the place of the page, with its address.
  function showUpload(html, address) {
    history.replaceState({ htmx: true }, "");
    history.pushState({ htmx: true }, "", address);
    window.htmx.swap("#main", html, { swapStyle: "innerHTML", settleDelay: 0 });
    window.scrollTo(0, 0);
    const stage = find("#stage");
    document.title = stage.dataset.title;
    stage.querySelector("h1").focus();
    announce(stage.dataset.announce);
  }

  // keepFew deletes uploads that this browser sent and never started, all but the last few: a key may have only so many.
  function keepFew(id, replaced) {
    const kept = (read("wsc.uploads") ?? []).filter((other) => other !== replaced);
    kept.push(id);
    const old = kept.splice(0, Math.max(0, kept.length - 5));
    if (replaced) old.push(replaced);
    write("wsc.uploads", kept);
    for (const other of old) {
      // One that is gone already needs nothing.
      fetch(`/uploads/${encodeURIComponent(other)}/delete`, { method: "POST", headers: { "HX-Request": "true" } }).catch(() => {});
    }
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "file" && event.target.files.length > 0) upload(event.target.files[0]);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-cancel-upload]") && request) request.abort();
  });

  // Files and texts that are dragged over the page. A browser would otherwise leave the page for the file.
  let depth = 0;
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].some((type) => type === "Files" || type === "text/plain");
  const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

  function cue(shown) {
    const box = find("#drop-cue");
    if (box) box.hidden = !shown;
  }

  document.addEventListener("dragenter", (event) => {
    if (!canSend() || !hasFile(event)) return;
    event.preventDefault();
    depth++;
    cue(true);
  });
  document.addEventListener("dragover", (event) => {
    const box = find("#urls");
    if (!canSend() || !carries(event) || (!hasFile(event) && (event.target === box || !box))) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("dragleave", (event) => {
    if (!canSend() || !hasFile(event)) return;
    depth = Math.max(0, depth - 1);
    if (depth === 0) cue(false);
  });
  document.addEventListener("drop", (event) => {
    depth = 0;
    cue(false);
    if (!canSend()) return;
    if (hasFile(event)) {
      event.preventDefault();
      takeFiles(event.dataTransfer.files);
    } else if (event.target.id !== "urls" && find("#urls")) {
      event.preventDefault();
      addText(event.dataTransfer.getData("text/plain"));
    }
  });

  function takeFiles(files) {
    if (files.length > 1) {
      fileProblem(`Those are ${files.length} files. Choose one list at a time.`);
    } else if (files.length === 1) {
      upload(files[0]);
    }
  }

  document.addEventListener("paste", (event) => {
    if (!canSend()) return;
    const files = event.clipboardData.files;
    const text = event.clipboardData.getData("text/plain");
    if (files.length > 0 && text === "") {
      event.preventDefault();
      takeFiles(files);
    } else if (text !== "" && find("#urls") && !event.target.closest("input, textarea, select")) {
      event.preventDefault();
      addText(text);
    }
  });

  // The box for URLs.
  const maxPaste = 1000000;

  function addText(text) {
    const box = find("#urls");
    const before = box.value.trimEnd();
    setText(before === "" ? text : `${before}\n${text}`);
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
    box.scrollTop = box.scrollHeight;
  }

  function setText(text) {
    const box = find("#urls");
    box.value = text;
    box.removeAttribute("aria-invalid");
    countLines();
    if (box.value !== "") announce(find("[data-check-label]").textContent);
  }

  // looksLikeURL reports whether the server takes a part of a line for a URL of its own.
  function looksLikeURL(part) {
    if (/^https?:\/\/[^/?#]/i.test(part)) return true;
    const host = part.replace(/[,;]+$/, "").split(/[/?#:]/)[0];
    return /[^.@]\.[^.@]/.test(host) && !host.includes("@");
  }

  // lines counts like the server: a line with several addresses between white space is as many.
  function lines(text) {
    const filled = text.split(/[\r\n]+/).map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
    if (filled.length !== 1) return filled.length;
    const parts = filled[0].split(/\s+/);
    return parts.every(looksLikeURL) ? parts.length : 1;
  }

  function countLines() {
    const box = find("#urls");
    if (!box) return;
    const n = lines(box.value);
    find("[data-check-label]").textContent = n > 1 ? `Check ${number(n)} URLs` : n === 1 ? "Check this URL" : "Check now";
  }

  document.addEventListener("input", (event) => {
    if (event.target.id !== "urls") return;
    event.target.removeAttribute("aria-invalid");
    countLines();
  });
  document.addEventListener("click", (event) => {
    const example = event.target.closest("[data-example]");
    if (!example) return;
    event.preventDefault();
    setText(example.dataset.example);
    find("#check-now").focus();
  });
  // Ctrl+Enter sends the box, as Enter does in a field of one line.
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "urls" || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    find("#check-now").click();
  });
  // A very long text goes as a file.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.target.id !== "paste") return;
    fileProblem(null); // of a file that was tried before
    const text = find("#urls").value;
    if (text.length <= maxPaste) return;
    event.preventDefault();
    upload(new File([text], "pasted-list.txt", { type: "text/plain" }));
  });
  // A session may have ended meanwhile. What was typed is kept until the person has signed in again.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.target.id !== "paste" || !leadsToSignIn(event.detail.xhr.getResponseHeader("HX-Redirect"))) return;
    write("wsc.typed", find("#urls").value, "sessionStorage");
  });

  function restoreText() {
    const box = find("#urls");
    if (!box) return;
    const kept = read("wsc.typed", "sessionStorage");
    if (kept === null) return;
    write("wsc.typed", null, "sessionStorage");
    if (box.value === "") setText(kept);
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "answer") return;
    const wrong = event.detail.target.querySelector("[data-problem]") !== null;
    if (wrong) find("#urls").setAttribute("aria-invalid", "true");
    const answer = event.detail.target.querySelector("[data-announce]");
    if (answer) announce(answer.dataset.announce);
  });

  // What the browser remembers: options for good, what was typed before a sign-in as long as the tab is open.
  function read(name, storage = "localStorage") {
    try {
      return JSON.parse(window[storage].getItem(name));
    } catch {
      return null; // what can't be read is not remembered
    }
  }

  function write(name, value, storage = "localStorage") {
    try {
      window[storage].setItem(name, JSON.stringify(value));
    } catch {
      // A browser that keeps nothing works all the same.
    }
  }

  const optionFields = () => [...document.querySelectorAll("#start [data-default]")];
  const valueOf = (field) => (field.type === "checkbox" ? (field.checked ? field.value : "") : field.value);

  function setValue(field, value) {
    if (field.type === "checkbox") field.checked = value !== "";
    else field.value = value;
  }

  function countChanged() {
    const place = find("[data-changed]");
    if (!place) return;
    const n = optionFields().filter((field) => valueOf(field) !== field.dataset.default).length;
    place.textContent = n === 0 ? "the usual ones are set" : n === 1 ? "one is changed" : `${n} are changed`;
  }

  const remembered = (field) => field.dataset.keep !== "no";

  function restoreOptions() {
    const form = find("#start[data-fresh]");
    if (form) {
      form.removeAttribute("data-fresh");
      const kept = read("wsc.options") ?? {};
      for (const field of optionFields().filter(remembered)) {
        if (typeof kept[field.name] === "string") setValue(field, kept[field.name]);
      }
      // The name belongs to one list. It comes back to that only, when the session had ended before the start.
      const named = read("wsc.named", "sessionStorage");
      if (named?.upload === find("#stage").dataset.upload) find("#name").value = named.name;
      const more = form.querySelector(".more-options");
      if (more) more.open ||= optionFields().some((field) => more.contains(field) && valueOf(field) !== field.dataset.default);
    }
    countChanged();
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches("#start [data-default]")) return;
    const changed = {};
    for (const field of optionFields()) {
      if (remembered(field) && valueOf(field) !== field.dataset.default) changed[field.name] = valueOf(field);
    }
    write("wsc.options", changed);
    countChanged();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-reset]")) return;
    event.preventDefault();
    for (const field of optionFields()) setValue(field, field.dataset.default);
    find("#name").value = "";
    write("wsc.options", {});
    countChanged();
    announce("The options have their defaults again.");
  });
  // A field that the browser finds wrong can't be seen in a fold that is closed.
  document.addEventListener("invalid", (event) => {
    for (let fold = event.target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }, true);
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "start") return;
    const name = find("#name");
    if (name) write("wsc.named", { upload: find("#stage").dataset.upload, name: name.value }, "sessionStorage");
    const button = find("[data-start]");
    if (button) setTimeout(() => { button.disabled = true; }); // only after the form is on its way
  });

  // showColumn scrolls a wide table to the column with the URLs.
  function showColumn() {
    const frame = find(".preview");
    const head = frame?.querySelector("th.url");
    if (head && head.offsetLeft + head.offsetWidth > frame.clientWidth) frame.scrollLeft = Math.max(0, head.offsetLeft - 60);
  }

  function ready() {
    // The answer to the form takes the address of the page, so that Back and a reload send no form again.
    const answered = find("#start[data-page]");
    if (answered) history.replaceState(null, "", answered.dataset.page);
    countLines();
    restoreText();
    restoreOptions();
    showColumn();
    const wrong = find("#start [aria-invalid]");
    if (wrong) wrong.focus();
  }
  document.addEventListener("DOMContentLoaded", ready);
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt.matches?.("#stage, body")) ready();
    if (event.detail.elt.matches?.("#reading")) showColumn();
  });
  // A page that the browser kept is as good as new: another key, and buttons that can be pressed.
  window.addEventListener("pageshow", (event) => {
    countLines(); // of the text that the browser put back
    if (!event.persisted) return;
    const key = find("#paste [name=key]");
    if (key) key.value = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const button = find("[data-start]");
    if (button) button.disabled = false;
    ready();
  });
})();
