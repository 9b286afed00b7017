/* The driver's page, with or without a signal: what is done on it goes to the worker, which keeps it and hands it in.
   Where there is no worker the forms work by themselves. */

const LOOK_EVERY_MS = 15000;
const PATIENCE_MS = 10000;
const LONGEST_SIDE = 1600;
const QUALITY = 0.8;
const ENDS_A_VISIT = ["deliver", "attempt"];
const ENDS_SHARING = ["pause", "end"];
const TAPS = ["start", "set_off", "pause", "resume", "end"];

const sheet = document.querySelector("[data-sheet]");
const sync = document.getElementById("sync");
const words = { ...sync.dataset, ...sheet.dataset };
let actions = [];
let worker = null;
let isAsking = false;
let isOutdated = false;

if ("serviceWorker" in navigator && "indexedDB" in window) begin().catch(() => {});

async function begin() {
    const registration = await navigator.serviceWorker.register(sheet.dataset.worker, { scope: "/drive/" });
    await navigator.serviceWorker.ready;
    worker = registration.active;
    navigator.serviceWorker.addEventListener("message", ({ data }) => hear(data));
    navigator.serviceWorker.addEventListener("controllerchange", () => (worker = navigator.serviceWorker.controller ?? worker));
    document.addEventListener("submit", (event) => {
        if (!event.target.matches("[data-action]")) return;
        event.preventDefault();
        keep(event.target);
    });
    sheet.addEventListener("click", ({ target }) => {
        if (target.dataset.dismissed) ask({ does: "dismiss", key: target.dataset.dismissed });
    });
    for (const happens of ["online", "offline", "focus"]) window.addEventListener(happens, look);
    setInterval(look, LOOK_EVERY_MS);
    await ask({ does: "shell", addresses: [location.pathname, ...parts()] });
    keepPictures();
}

/** The files that this page is made of. */
function parts() {
    const found = document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]");
    return [...found].map((part) => new URL(part.href ?? part.src).pathname);
}

/** Pictures of places are wanted where there may be no signal. */
function keepPictures() {
    const addresses = [...sheet.querySelectorAll(".wishes img")].map(({ src }) => src);
    if (addresses.length > 0) ask({ does: "pictures", addresses });
}

function ask(message) {
    return new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => resolve(data.is_kept);
        worker.postMessage(message, [port2]);
    });
}

/* What is done. */

async function keep(form) {
    const button = form.querySelector("[type=submit]");
    if (button.disabled) return;
    button.disabled = true;
    sheet.querySelector("[data-said]").replaceChildren();
    try {
        const action = await read(form);
        const isKept = await ask({ does: "keep", action });
        if (isKept) leave(form, action.fields);
        else say(words.notKept);
    } catch {
        say(words.notKept);
    }
    button.disabled = false;
}

/** Read a form, with what the other parts of the page know: where the phone is, what was signed. */
async function read(form) {
    const fields = {};
    const pictures = {};
    for (const [name, value] of new FormData(form)) {
        if (!(value instanceof File)) fields[name] = value;
        else if (value.size > 0) pictures[name] = await shrink(value);
    }
    const at = new Date();
    fields.occurred_at = at.toISOString();
    const waits = [];
    form.dispatchEvent(new CustomEvent("read", { bubbles: true, detail: { fields, pictures, waits } }));
    await Promise.all(waits);
    return { key: fields.key, address: form.action, order: at.getTime(), fields, pictures };
}

/** Make a photo as large as anybody needs it; one that this browser cannot read goes as it is. */
async function shrink(photo) {
    try {
        const image = await createImageBitmap(photo);
        const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
        const canvas = new OffscreenCanvas(image.width * scale, image.height * scale);
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        return await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
    } catch {
        return photo;
    }
}

/** Go on as if it were handed in, and make the form ready: whatever is done on it again is something else. */
function leave(form, fields) {
    form.elements.key.value = crypto.randomUUID();
    apply(fields);
    openNext();
    if (form.matches("[data-scan]")) {
        form.elements.number.value = "";
        form.elements.number.focus();
    }
}

/* What is heard. */

function hear({ does, action, told, actions: all }) {
    if (does === "state") {
        actions = all.filter(({ address }) => new URL(address).pathname === sheet.dataset.actions);
        show();
    } else if (does === "told" && new URL(action.address).pathname === sheet.dataset.actions) {
        actions = actions.filter(({ key }) => key !== action.key);
        for (const form of sheet.querySelectorAll("[data-action][hidden]")) form.hidden = false;
        if (told.outcome === "refused") restore(action.fields);
        if (told.outcome !== "done" || told.flags.length > 0 || action.fields.kind === "scan") say(about(action, told), told.outcome);
        refresh();
    }
}

function about({ fields }, { told }) {
    return fields.number ? `${fields.number}: ${told}` : told;
}

function say(text, outcome = "refused") {
    const line = document.createElement("li");
    line.className = "banner";
    line.dataset.outcome = outcome;
    line.textContent = text;
    sheet.querySelector("[data-said]").replaceChildren(line);
}

/* What is shown: how much waits, what was refused, and the stops as they are once all of it is handed in. */

function show() {
    const waiting = actions.filter(({ refusal }) => refusal === undefined);
    sync.textContent = [navigator.onLine ? "" : words.offline, count(waiting.length)].filter(Boolean).join(" · ");
    sync.dataset.state = waiting.length > 0 ? "waiting" : "sent";
    sheet.querySelector("[data-refused-list]").replaceChildren(...actions.filter(({ refusal }) => refusal !== undefined).map(refused));
    for (const { fields } of waiting) apply(fields);
    openNext();
}

function count(number) {
    if (number === 0) return words.allSent;
    return number === 1 ? words.oneWaiting : words.waiting.replace("%s", number);
}

function refused({ key, fields, refusal }) {
    const line = document.createElement("li");
    line.className = "banner";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = words.dismiss;
    button.dataset.dismissed = key;
    line.append(`${words.refused} ${fields.number ?? ""} ${refusal} `, button);
    return line;
}

function apply({ kind, shipment, number }) {
    const errand = shipment && sheet.querySelector(`[data-errand="${CSS.escape(shipment)}"]`);
    if (errand && ENDS_A_VISIT.includes(kind)) {
        errand.hidden = true;
        const stop = errand.closest("[data-stop]");
        if (!stop.querySelector("[data-errand]:not([hidden])")) settle(stop);
    }
    if (errand && kind === "arrive") errand.querySelector("[value=arrive]").closest("form").hidden = true;
    if (ENDS_SHARING.includes(kind)) sheet.querySelector("[data-position]")?.removeAttribute("data-shared");
    const tap = TAPS.includes(kind) && sheet.querySelector(`[name=kind][value=${kind}]`)?.closest("form");
    if (tap) tap.hidden = true;
    const parcel = kind === "scan" && sheet.querySelector(`[data-parcel="${CSS.escape(number.trim())}"]`);
    if (parcel) parcel.querySelector(".state").textContent = words.kept;
}

/** What was refused at the door is still to be done there, with everything that was filled in. */
function restore({ shipment }) {
    const errand = shipment && sheet.querySelector(`[data-errand="${CSS.escape(shipment)}"]`);
    if (!errand) return;
    errand.hidden = false;
    const stop = errand.closest("[data-stop]");
    delete stop.dataset.settled;
    stop.querySelector("[data-state]").textContent = "";
    stop.querySelector("details").open = true;
}

function settle(stop) {
    stop.dataset.settled = "";
    stop.querySelector("details").open = false;
    stop.querySelector("[data-state]").textContent = words.kept;
}

function openNext() {
    const stops = [...sheet.querySelectorAll("[data-stop]:not([data-settled])")];
    const left = sheet.querySelector("[data-left]");
    if (left) left.textContent = stops.length === 1 ? left.dataset.one : left.dataset.many.replace("%s", stops.length);
    if (stops.length > 0 && !stops.some((stop) => stop.querySelector("details").open)) stops[0].querySelector("details").open = true;
}

/* The page is fetched again once something was handed in, and now and then: shoppers may have changed their minds. What
   is handed in while it is fetched may not be on it yet: then it is fetched once more. */

async function look() {
    await ask({ does: "send" });
    await refresh();
}

async function refresh() {
    isOutdated = true;
    if (isAsking || document.hidden || words.isOver !== undefined) return;
    isAsking = true;
    while (isOutdated) {
        isOutdated = false;
        await fetchAgain();
    }
    isAsking = false;
    show();
}

async function fetchAgain() {
    try {
        const response = await fetch(location.pathname, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE_MS) });
        if (response.ok) renew(new DOMParser().parseFromString(await response.text(), "text/html"));
        else if (response.status === 403 || response.status === 404) location.reload();
    } catch {
        // Without a signal the page stays as it is.
    }
}

/** Nothing changes under the hands of somebody who is filling in a form. */
function renew(page) {
    const [part, fresh] = [sheet, page].map((root) => root.querySelector("[data-fresh=sheet]"));
    if (!fresh || isFillingIn(part) || plain(part) === plain(fresh)) return;
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    const open = new Set([...part.querySelectorAll("details[open]")].map(named));
    part.replaceChildren(...fresh.childNodes);
    for (const details of part.querySelectorAll("details")) if (open.has(named(details))) details.open = true;
    if (focused) document.getElementById(focused)?.focus();
    keepPictures();
}

function isFillingIn(part) {
    const fields = [...part.querySelectorAll("[data-signed], input:not([type=hidden])")];
    return fields.some((field) => isFilled(field) && !field.closest("[data-errand][hidden]"));
}

function isFilled(field) {
    return field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== "";
}

/** What opens and closes is known by its heading, or else by whose it is and what it says, when the page is fetched again. */
function named(details) {
    const summary = details.querySelector("summary");
    return summary.querySelector("[id]")?.id ?? `${details.closest("[data-errand]")?.dataset.errand} ${plain(summary)}`;
}

function plain(part) {
    return part.textContent.replace(/\s+/g, " ");
}
