/* Tells the shop's page around a widget how high it is, once that page has made itself known as one that may frame it. */

const shops = document.body.dataset.shops.split(" ");
let shop = null;

function tell(what) {
    if (shop) parent.postMessage(what, shop);
}

function tellSize() {
    const { height } = document.body.getBoundingClientRect();
    tell({ doorstep: "here", height: Math.ceil(height), title: document.title });
}

addEventListener("message", ({ origin, source, data }) => {
    if (source !== parent || !shops.includes(origin) || data?.doorstep !== "hello") return;
    shop = origin;
    tellSize();
});
document.addEventListener("leave", (event) => {
    event.preventDefault();
    tell({ doorstep: "gone" });
});
new ResizeObserver(tellSize).observe(document.body);
new MutationObserver(tellSize).observe(document.head, { childList: true, characterData: true, subtree: true });
