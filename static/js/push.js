/* Has this browser told of a delivery, once somebody asks for it: no question before a click. */

const WORKER = "/service-worker.js";
const SCOPE = "/t/";

const form = document.querySelector("[data-push]");

if (form && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window) prepare();

function prepare() {
    tell();
    form.hidden = false;
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        press(form.querySelector("button"));
    });
}

async function press(button) {
    button.disabled = true;
    try {
        await (isOn() ? stop() : start());
        tell();
    } catch (reason) {
        say(reason.name === "NotAllowedError" ? form.dataset.refused : form.dataset.failed);
    }
    button.disabled = false;
}

async function start() {
    if ((await Notification.requestPermission()) !== "granted") throw new DOMException("no", "NotAllowedError");
    await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
    const { pushManager } = await navigator.serviceWorker.ready;
    const key = { userVisibleOnly: true, applicationServerKey: form.dataset.key };
    await send("POST", await pushManager.subscribe(key));
    localStorage.setItem(form.action, "on");
}

/** End it for this delivery; the browser stays subscribed for the others. */
async function stop() {
    const registration = await navigator.serviceWorker.getRegistration(SCOPE);
    const subscription = await registration?.pushManager.getSubscription();
    if (subscription) await send("DELETE", subscription);
    localStorage.removeItem(form.action);
}

async function send(method, subscription) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
    const answer = await fetch(form.action, { method, headers, body: JSON.stringify(subscription) });
    if (!answer.ok) throw new Error(answer.statusText);
}

/** Whether this delivery is among those that the browser is told of; it knows of itself only that there is one. */
function isOn() {
    return Notification.permission === "granted" && localStorage.getItem(form.action) === "on";
}

function tell() {
    form.querySelector("button").textContent = isOn() ? form.dataset.off : form.dataset.on;
    say(isOn() ? form.dataset.told : "");
}

function say(text) {
    form.querySelector("output").textContent = text;
}
