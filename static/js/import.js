/* Shows how far the rows of a file are taken in, until they are. */

const EVERY_MS = 2000;

const running = () => document.querySelector("[data-progress='runs']");

async function refresh() {
    const old = running();
    if (!old || document.hidden) {
        return;
    }
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected) {
        return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("[data-progress]");
    if (fresh && fresh.dataset.progress === "runs") {
        old.querySelector("[role=status]").textContent = fresh.querySelector("[role=status]").textContent;
        old.querySelector("progress").value = fresh.querySelector("progress").value;
    } else {
        location.reload();
    }
}

if (running()) {
    setInterval(() => refresh().catch(() => {}), EVERY_MS);
}
