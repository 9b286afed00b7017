/* Keeps the list of what needs attention up to date: the page is fetched again, and what changed takes its place. */

const EVERY_MS = 15000;

/* The counts are a live region of their own, which is told only where a count differs. */
const PARTS = [".summary", ".kinds"];

const shown = document.querySelector("[data-attention]");

async function refresh() {
    if (document.hidden) {
        return;
    }
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected) {
        return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("[data-attention]");
    if (fresh) {
        PARTS.forEach((part) => renew(shown.querySelector(part), fresh.querySelector(part)));
    }
}

function renew(old, fresh) {
    if (old.innerHTML === fresh.innerHTML) {
        return;
    }
    const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    old.replaceChildren(...fresh.childNodes);
    if (focused !== null) {
        [...old.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
    }
}

if (shown) {
    setInterval(() => refresh().catch(() => {}), EVERY_MS);
}
