/* Keeps the queue up to date while it is looked at: the page is fetched again, and what changed takes its place. */

const EVERY_MS = 10000;

async function refresh() {
    if (document.hidden) {
        return;
    }
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected) {
        return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    document.querySelectorAll("[data-fresh]").forEach((part) => {
        renew(part, page.querySelector(`[data-fresh="${part.dataset.fresh}"]`));
    });
}

/* Whoever stands on a link with the keyboard stays on it, wherever in the list it is now. */
function renew(part, fresh) {
    if (!fresh || part.innerHTML === fresh.innerHTML) {
        return;
    }
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.replaceChildren(...fresh.childNodes);
    if (focused !== null) {
        [...part.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
    }
}

setInterval(() => refresh().catch(() => {}), EVERY_MS);
