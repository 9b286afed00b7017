/* Shows a brand's look while it is chosen: the page is asked for with what is filled in, and what is new takes its place.
   Nothing is kept before somebody says so. Without this script the button does the same. */

const SETTLES_MS = 300;
const SILENT = ["csrfmiddlewaretoken", "logo", "removes_logo"];

const form = document.querySelector("[data-look]");
let timer;
let asked = 0;

async function preview() {
    asked += 1;
    const turn = asked;
    const chosen = new URLSearchParams([...new FormData(form)].filter(([name]) => !SILENT.includes(name)));
    const response = await fetch(`${location.pathname}?${chosen}`, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected || turn !== asked) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    put(document.querySelector("[data-fresh=shown]"), page);
    for (const field of document.querySelectorAll(".field[data-fresh]")) putErrors(field, page);
}

function put(part, page) {
    const fresh = page.querySelector(`[data-fresh="${part.dataset.fresh}"]`);
    if (fresh && !part.isEqualNode(fresh)) part.replaceWith(fresh);
}

/** The field itself stays as it is: somebody is typing in it. */
function putErrors(field, page) {
    const fresh = page.querySelector(`[data-fresh="${field.dataset.fresh}"] .errorlist`);
    field.querySelector(".errorlist")?.remove();
    if (fresh) field.append(fresh);
}

form.addEventListener("input", ({ target }) => {
    clearTimeout(timer);
    if (target.name !== "logo") timer = setTimeout(() => preview().catch(() => {}), SETTLES_MS);
});
