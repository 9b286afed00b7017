/* Keeps the driver's page for when there is no signal, and what was done on it until it is handed in: each thing once,
   in its order, with its own time and pictures. Pages say what was done; they are told what still waits. */

const CACHE = "driving";
const ACTIONS = "actions";
const PATIENCE_MS = 4000;
const PAGE = /^\/drive\/[^/]+\/(places\/\d+\/)?$/;
const NOTHING_NEW = 204;
const TOO_LARGE = 413;
const FINAL = [404, 409, 413, 422];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("sync", (event) => event.waitUntil(sendAll()));
self.addEventListener("message", (event) => event.waitUntil(answer(event)));
self.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== self.location.origin) return;
    if (PAGE.test(pathname)) event.respondWith(page(request));
    else if (request.mode !== "navigate" && !pathname.startsWith("/drive/")) event.respondWith(part(request));
});

async function answer({ data, ports: [port] }) {
    try {
        if (data.does === "keep") await write((store) => store.put(data.action));
        if (data.does === "dismiss") await write((store) => store.delete(data.key));
        if (data.does === "shell") await keepShell(data.addresses);
        if (data.does === "pictures") await Promise.allSettled(data.addresses.map((each) => page(new Request(each))));
        port?.postMessage({ is_kept: true });
    } catch {
        port?.postMessage({ is_kept: false });
        return;
    }
    if (data.does === "shell") await tell();
    if (data.does === "keep") await self.registration.sync?.register("send").catch(() => {});
    await (data.does === "dismiss" ? tell() : send());
}

/* The page and the pictures of places on it: fresh where there is a signal, else, before long, as they were last seen. An
   open page that asks what is new has the time to wait, and is told nothing old. A page that is closed is forgotten with
   all that was on it. */

async function page(request) {
    const cache = await caches.open(CACHE);
    const isOpened = request.destination !== "";
    try {
        const response = await fetch(request, isOpened ? { signal: AbortSignal.timeout(PATIENCE_MS) } : {});
        if (response.ok) await cache.put(request.url, response.clone());
        else if (response.status === 404 || response.status === 403) await forget(cache, request.url);
        return response;
    } catch (reason) {
        if (!isOpened) return new Response(null, { status: NOTHING_NEW });
        const known = await cache.match(request.url);
        if (known) return known;
        throw reason;
    }
}

async function forget(cache, address) {
    for (const kept of await cache.keys()) if (kept.url.startsWith(address)) await cache.delete(kept);
}

async function part(request) {
    const known = await caches.match(request);
    return known ?? fetch(request);
}

async function keepShell(addresses) {
    const cache = await caches.open(CACHE);
    const missing = await Promise.all(addresses.map(async (each) => ((await cache.match(each)) ? null : each)));
    await cache.addAll(missing.filter(Boolean));
}

/* What was done, handed in one after another. One loop at a time, whoever asks for it; a link that takes nothing now, or
   nothing any more, does not hold up another. */

function send() {
    return navigator.locks.request("driving-send", async () => {
        const stuck = new Set();
        for (const action of await waiting()) {
            if (!stuck.has(action.address) && !(await handIn(action))) stuck.add(action.address);
        }
        await tell();
    });
}

/** A browser that is told that something still waits asks again by itself. */
async function sendAll() {
    await send();
    if ((await waiting()).length > 0) throw new Error("Something still waits.");
}

/** Hand one thing in. Says whether the next may follow: without a signal, or where the server is unwell, it waits. */
async function handIn(action) {
    let response;
    try {
        response = await fetch(action.address, { method: "POST", body: body(action), headers: { Accept: "application/json" } });
    } catch {
        await write((store) => store.put({ ...action, is_late: true }));
        return false;
    }
    if (response.status === TOO_LARGE && Object.keys(action.pictures).length > 0) {
        await write((store) => store.put({ ...action, pictures: {} }));
        return handIn({ ...action, pictures: {} });
    }
    return settle(action, response);
}

async function settle(action, response) {
    const told = await response.json().catch(() => ({}));
    if (response.ok) {
        await write((store) => store.delete(action.key));
        await broadcast({ does: "told", action: outline(action), told });
        return true;
    }
    const isAboutThis = told.key !== undefined || response.status === TOO_LARGE;
    if (FINAL.includes(response.status) && isAboutThis) {
        await write((store) => store.put({ ...action, refusal: told.error ?? response.statusText }));
        return true;
    }
    return false;
}

function body({ fields, pictures, is_late: isLate }) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    for (const [name, picture] of Object.entries(pictures)) form.append(name, picture, name);
    form.append("sent_at", new Date().toISOString());
    if (isLate) form.append("is_late", "on");
    return form;
}

/* What pages are told. */

async function tell() {
    const all = await read();
    await broadcast({ does: "state", actions: all.map(outline) });
}

function outline({ key, address, fields, refusal, is_late: isLate }) {
    const { pin, ...rest } = fields;
    return { key, address, fields: rest, refusal, is_late: isLate };
}

async function broadcast(message) {
    for (const client of await self.clients.matchAll({ includeUncontrolled: true })) client.postMessage(message);
}

/* The store: what was done, by its key, in the order in which it was. */

async function waiting() {
    return (await read()).filter(({ refusal }) => refusal === undefined);
}

async function read() {
    const store = (await open()).transaction(ACTIONS).objectStore(ACTIONS);
    const all = await done(store.getAll());
    return all.sort((one, other) => one.order - other.order);
}

async function write(change) {
    const transaction = (await open()).transaction(ACTIONS, "readwrite", { durability: "strict" });
    change(transaction.objectStore(ACTIONS));
    await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
    });
}

let database;

function open() {
    database ??= new Promise((resolve, reject) => {
        const opening = indexedDB.open("driving", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore(ACTIONS, { keyPath: "key" });
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
    });
    return database;
}

function done(request) {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
}
