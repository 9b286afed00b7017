/* Shows a delivery on a shop's page, after the link to it (docs/widget.md). The link goes once the frame has spoken. */

(() => {
    const SMALLEST_PX = 80;
    const LARGEST_PX = 1_200;

    const script = document.currentScript;
    const home = new URL(script.src).origin;
    const before = script.previousElementSibling;
    const link = before instanceof HTMLAnchorElement && before.href.startsWith(`${home}/t/`) ? before : null;

    const frame = document.createElement("iframe");
    frame.src = `${home}/t/${encodeURIComponent(script.dataset.token ?? "")}/widget/`;
    frame.title = link?.textContent.trim() || "Your delivery";
    frame.loading = "lazy";
    frame.referrerPolicy = "no-referrer";
    frame.credentialless = true; // no cookies, even for a shop on our own site
    Object.assign(frame.style, {
        display: "block", inlineSize: "100%", maxInlineSize: "32rem", blockSize: "18rem", border: "0",
        colorScheme: "light dark", // as in the frame, or a browser puts a ground behind it
    });

    frame.addEventListener("load", () => frame.contentWindow.postMessage({ doorstep: "hello" }, home));
    addEventListener("message", ({ origin, source, data }) => {
        if (origin !== home || source !== frame.contentWindow) return;
        if (data?.doorstep === "gone") {
            frame.remove();
            if (link) link.hidden = false;
        } else if (data?.doorstep === "here" && Number.isFinite(data.height)) {
            frame.style.blockSize = `${Math.min(LARGEST_PX, Math.max(SMALLEST_PX, data.height))}px`;
            frame.title = String(data.title);
            if (link) link.hidden = true;
        }
    });
    script.after(frame);
})();
