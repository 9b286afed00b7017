/* Tells Doorstep where the phone is while its driver works, and the driver how many may see it. What could not be told is
   told later. It also knows how long the phone has been near a door, for when nobody opens. */

const TELL_EVERY_MS = 3000;
const MOST_KEPT = 7200;
const MOST_AT_ONCE = 500;
const NEAR_M = 100;
const EARTH_M = 6371000;
const RECENT_MS = 60000;
const LONGEST_GAP_MS = 60000;

const seen = [];
let untold = [];
let watch = null;

setInterval(tell, TELL_EVERY_MS);
follow();
new MutationObserver(follow).observe(document.querySelector("[data-fresh]"), { childList: true });

/** Ask the phone for as long as the page says that the driver is at work. */
function follow() {
    const isWanted = Boolean(line()) && "geolocation" in navigator;
    if (isWanted && watch === null) {
        const options = { enableHighAccuracy: true, maximumAge: 1000 };
        watch = navigator.geolocation.watchPosition(note, ({ code }) => code === 1 && say(line()?.dataset.denied), options);
    } else if (!isWanted && watch !== null) {
        navigator.geolocation.clearWatch(watch);
        watch = null;
        untold = [];
    }
}

function line() {
    return document.querySelector("[data-position]");
}

function note({ coords, timestamp }) {
    const { latitude: lat, longitude: lon, accuracy, heading, speed } = coords;
    const fix = { lat, lon, accuracy, recorded_at: new Date(timestamp).toISOString() };
    if (Number.isFinite(heading)) fix.heading = heading;
    if (Number.isFinite(speed)) fix.speed = speed;
    const isShared = line()?.dataset.shared !== undefined;
    for (const kept of isShared ? [seen, untold] : [seen]) {
        kept.push(fix);
        if (kept.length > MOST_KEPT) kept.shift();
    }
}

async function tell() {
    if (untold.length === 0 || line()?.dataset.shared === undefined) return;
    const fixes = untold.splice(0, MOST_AT_ONCE);
    try {
        const body = JSON.stringify({ positions: fixes });
        const headers = { "Content-Type": "application/json", Accept: "application/json" };
        const response = await fetch(line().dataset.address, { method: "POST", headers, body });
        const told = await response.json();
        if (response.ok) say(phrase(told.watching));
        else if (response.status === 409) end(told.error);
        else if (response.status === 429 || response.status >= 500) untold.unshift(...fixes);
    } catch {
        untold.unshift(...fixes);
    }
}

function end(text) {
    delete line()?.dataset.shared;
    untold = [];
    say(text);
}

function phrase(watching) {
    const { none, one, many } = line()?.dataset ?? {};
    if (watching === 0) return none;
    return watching === 1 ? one : many?.replace("%s", watching);
}

function say(text) {
    if (text && line() && line().textContent !== text) line().textContent = text;
}

/* What speaks for an attempt: where the phone is now, and for how long it has been near the door. */

document.addEventListener("read", ({ target, detail: { fields } }) => {
    const errand = target.closest("[data-errand]");
    const last = seen.at(-1);
    if (!errand || !last || Date.now() - Date.parse(last.recorded_at) > RECENT_MS) return;
    fields.latitude = last.lat;
    fields.longitude = last.lon;
    fields.dwell_seconds = dwellSeconds({ lat: Number(errand.dataset.latitude), lon: Number(errand.dataset.longitude) });
});

function dwellSeconds(door) {
    let milliseconds = 0;
    for (let index = seen.length - 1; index > 0; index -= 1) {
        if (distance(seen[index], door) > NEAR_M || distance(seen[index - 1], door) > NEAR_M) break;
        const gap = Date.parse(seen[index].recorded_at) - Date.parse(seen[index - 1].recorded_at);
        milliseconds += Math.min(gap, LONGEST_GAP_MS);
    }
    return Math.round(milliseconds / 1000);
}

/** Metres between two places that are near each other. */
function distance(one, other) {
    const radians = Math.PI / 180;
    const east = (other.lon - one.lon) * radians * Math.cos(one.lat * radians);
    return EARTH_M * Math.hypot(east, (other.lat - one.lat) * radians);
}
