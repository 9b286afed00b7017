/* Keeps a conversation up to date while it is looked at: the page is fetched again, and what is new takes its place. */

const EVERY_MS = 3000;

const shown = document.querySelector("[data-conversation]");

async function refresh() {
    if (document.hidden) {
        return;
    }
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok) {
        return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("[data-conversation]");
    if (fresh && fresh.innerHTML !== shown.innerHTML) {
        shown.replaceChildren(...fresh.children);
    }
}

setInterval(() => refresh().catch(() => {}), EVERY_MS);
