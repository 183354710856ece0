// A page that answers a form takes the address of the page that the form belongs to: whoever reloads it, or comes back to it
// with Back, sees that page, and sends no form again.
(() => {
  "use strict";
  const view = document.querySelector("[data-page]");
  if (view) history.replaceState(null, "", view.dataset.page);
})();
