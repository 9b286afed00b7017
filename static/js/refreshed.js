/* Keeps a page of the desk up to date while it is looked at: every so many seconds, as its data-every says, it is fetched
   again, and the parts named by data-fresh that have changed take their places. */

const every = document.querySelector("[data-every]")?.dataset.every;

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

if (every) {
    setInterval(() => refresh().catch(() => {}), every * 1000);
}
