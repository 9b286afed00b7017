/* Keeps an open tracking page up to date.
 *
 * The socket says that something is new, and where the driver is. What it means in words the server says: the page is
 * fetched again and its live parts take the place of the old ones. While there is no socket, the page asks for its
 * JSON every few seconds.
 */

const POLL_MS = 10_000; // between questions while there is no socket
const SILENCE_MS = 180_000; // after this even an open socket is doubted
const GRACE_MS = 2_000; // a connection that is back by then was never lost
const LONGEST_WAIT_MS = 30_000;
const TOO_MANY_WAIT_MS = 60_000;
const SPREAD_MS = 500; // so that the pages of one route do not all ask at once
const GLIDE_MS = 5_000; // at most, however long there was no fix
const REDRAW_MS = 15_000;
const HIDDEN_AFTER_MINUTES = 5;
const EARTH_RADIUS_M = 6_371_008.8;

const byId = (id) => document.getElementById(id);
const radians = (degrees) => (degrees * Math.PI) / 180;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const sync = byId("sync");
const path = sync.dataset.page; // the address bar may show that of a refused form
const feed = sync.dataset.feed ?? path; // a widget has the news of its page
const skewMs = Date.now() - Date.parse(sync.dataset.now);
const now = () => Date.now() - skewMs;
const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: sync.dataset.zone,
});
let phrases = JSON.parse(byId("phrases").textContent);

/* The connection */

let socket, timer, etag;
let attempts = 0;
let heardAt = Date.now();
let lostAt = Date.now();
let askedAt = 0;

const isLive = () => socket?.readyState === WebSocket.OPEN;

function connect() {
    clearTimeout(timer);
    socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws${feed}`);
    socket.onmessage = ({ data }) => {
        attempts = 0;
        heardAt = Date.now();
        hear(JSON.parse(data));
        tellConnection();
    };
    socket.onclose = ({ code }) => {
        if (code === 4404) leave();
        if (attempts === 0) lostAt = Date.now();
        const wait = code === 4429 ? TOO_MANY_WAIT_MS : Math.min(LONGEST_WAIT_MS, 1000 * 2 ** attempts);
        attempts += 1;
        timer = setTimeout(connect, wait * (0.5 + Math.random()));
        tellConnection();
    };
}

/** The link is no longer good, and the server says so in its own words, unless there is somebody else to say it. */
function leave() {
    if (document.dispatchEvent(new CustomEvent("leave", { cancelable: true }))) location.replace(path);
}

function wake() {
    if (isLive()) ask();
    else if (socket.readyState === WebSocket.CLOSED) connect();
}

async function ask() {
    askedAt = Date.now();
    const before = version();
    try {
        const answer = await fetch(`${feed.slice(0, -1)}.json`, { headers: etag ? { "If-None-Match": etag } : {} });
        if (answer.status === 404) leave();
        if (!answer.ok && answer.status !== 304) return;
        heardAt = Date.now();
        if (answer.status === 304) return;
        etag = answer.headers.get("ETag");
        const state = await answer.json();
        if (isLive() && state.version !== before) socket.close(); // it should have told us
        hear(state);
    } catch {
        // No network: the next question may get through.
    }
}

function tellConnection() {
    const time = clock.format(heardAt - skewMs);
    const isLost = !isLive() && Date.now() - lostAt > GRACE_MS;
    const reason = navigator.onLine ? (Date.now() - heardAt < 3 * POLL_MS ? "polling" : "lost") : "offline";
    document.documentElement.dataset.connection = isLive() ? "live" : "none";
    say(sync, isLive() ? phrases.live : phrases.as_of.replace("{time}", time));
    say(byId("connection"), isLost ? phrases[reason].replace("{time}", time) : "");
    byId("connection").hidden = !isLost;
}

function beat() {
    const silence = Date.now() - Math.max(heardAt, askedAt);
    if (!document.hidden && silence > (isLive() ? SILENCE_MS : POLL_MS)) ask();
    tellConnection();
    show();
}

/* What is new */

let isFetching = false;
let isWanted = false;

const version = () => Number(byId("answer").dataset.version);

function hear(frame) {
    if (frame.type === "position") move(frame);
    else if (frame.type === "hidden") move(null);
    else {
        if ("driver" in frame) move(frame.driver?.position ?? null);
        if (frame.version !== version()) refresh();
    }
}

async function refresh() {
    isWanted = true;
    if (isFetching) return;
    isFetching = true;
    while (isWanted) {
        isWanted = false;
        await pause(Math.random() * SPREAD_MS);
        try {
            const answer = await fetch(path);
            if (answer.status === 404) leave();
            if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"));
        } catch {
            // The version stays behind, so the next frame or answer asks again.
        }
    }
    isFetching = false;
}

function put(fresh) {
    const before = byId("headline").textContent;
    for (const part of fresh.querySelectorAll("[data-live]")) replace(byId(part.id), part);
    phrases = JSON.parse(fresh.getElementById("phrases").textContent);
    document.title = fresh.title;
    if (byId("headline").textContent !== before) say(byId("announcement"), byId("answer").innerText);
    show();
}

function replace(old, part) {
    if (old.isEqualNode(part) || isFilledIn(old)) return;
    if (part.id === "map" && view(old) && view(old) === view(part)) {
        say(old.querySelector("output"), part.querySelector("output").textContent);
        return;
    }
    const open = [...old.querySelectorAll("details[open]")];
    const focused = old.contains(document.activeElement) && document.activeElement.id;
    old.replaceWith(part);
    for (const { id } of open) byId(id)?.setAttribute("open", "");
    if (focused) byId(focused)?.focus({ preventScroll: true });
}

const isFilledIn = (part) => [...part.querySelectorAll("input:not([type=hidden])")].some(({ value }) => value);

function say(element, text) {
    if (element && element.textContent !== text) element.textContent = text;
}

/* The driver on the map */

let position = null;
let wasSeen = false; // until then what the server wrote below the map stands
let movedAt = 0;
let paceMs = 0;
let drawnAt = 0;
let closest = "";

const view = (part) => Object.values(part.querySelector(".map-picture")?.dataset ?? {}).join();

function move(next) {
    if (next && position && Date.parse(next.recorded_at) <= Date.parse(position.recorded_at)) return;
    paceMs = Date.now() - movedAt;
    movedAt = Date.now();
    position = next;
    wasSeen ||= Boolean(next);
    show();
    document.dispatchEvent(new CustomEvent("driver", { detail: position }));
}

function show() {
    const map = byId("map");
    const van = map?.querySelector("[data-mark=van]");
    if (!van || !wasSeen) return;
    const minutes = position ? Math.max(0, Math.floor((now() - Date.parse(position.recorded_at)) / 60_000)) : Infinity;
    const isSeen = minutes <= HIDDEN_AFTER_MINUTES;
    map.dataset.sight = isSeen ? (minutes ? "stale" : "fresh") : "none";
    say(byId("seen"), isSeen ? phrases.seen[minutes] : "");
    if (isSeen) place(map, van);
    else say(byId("whereabouts"), phrases.hidden);
}

function place(map, van) {
    const picture = map.querySelector(".map-picture");
    const { width, height } = picture.viewBox.baseVal;
    const [x, y] = project(position, picture.dataset);
    const target = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    if (van.style.transform !== target) {
        van.style.transitionDuration = `${van.style.transform ? Math.min(GLIDE_MS, paceMs) : 0}ms`;
        van.style.transform = target;
        turn(van.querySelector("[data-mark=heading]"), position.heading);
    }
    say(byId("whereabouts"), howFar(metres(position, map.dataset)));
    const [goalX, goalY] = project({ lat: map.dataset.latitude, lon: map.dataset.longitude }, picture.dataset);
    const isOutside = x < 0 || y < 0 || x > width || y > height;
    const isSmall = Math.hypot(x - goalX, y - goalY) < width / 5 && view(map) !== closest;
    if ((isOutside || isSmall) && Date.now() - drawnAt > REDRAW_MS) {
        drawnAt = Date.now();
        closest = view(map);
        refresh();
    }
}

function turn(arrow, heading) {
    arrow.setAttribute("visibility", heading === null ? "hidden" : "inherit");
    arrow.setAttribute("transform", `rotate(${heading ?? 0})`);
}

function project({ lat, lon }, { world, left, top }) {
    const north = Math.atanh(Math.sin(radians(lat))) / (2 * Math.PI);
    return [(lon / 360 + 0.5) * world - left, (0.5 - north) * world - top];
}

function metres({ lat, lon }, { latitude, longitude }) {
    const east = radians(lon - longitude) * Math.cos(radians(latitude));
    return EARTH_RADIUS_M * Math.hypot(east, radians(lat - latitude));
}

function howFar(distance) {
    if (distance < 100) return phrases.here;
    if (distance < 950) return phrases.metres.replace("{distance}", Math.round(distance / 100) * 100);
    return phrases.kilometres.replace("{distance}", (distance / 1000).toFixed(1));
}

/* The large map */

addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-opens]");
    if (!button) return;
    const dialog = byId(button.dataset.opens);
    const { open } = await import(dialog.dataset.module);
    open(dialog, byId("map"), () => position);
});

addEventListener("online", wake);
addEventListener("offline", () => socket.close());
addEventListener("visibilitychange", () => document.hidden || wake());
document.documentElement.dataset.script = "on";
setInterval(beat, 1000);
connect();
