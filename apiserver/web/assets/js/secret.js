// A page that shows a secret takes the address of its key: whoever reloads it sees the key, and sends no form again.
(() => {
  "use strict";
  const view = document.querySelector("[data-key-page]");
  history.replaceState(null, "", view.dataset.keyPage);
})();
