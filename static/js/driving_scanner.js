/* Reads the numbers of parcels through the camera, where the browser can; everywhere else they are typed. The camera goes
   on while parcels are loaded, although the page is fetched anew after each. */

const LOOK_EVERY_MS = 250;
const QUIET_MS = 2500;

let stream = null;
let last = { number: "", seenAt: 0 };

if ("BarcodeDetector" in window && navigator.mediaDevices) {
    reveal();
    new MutationObserver(reveal).observe(document.querySelector("[data-fresh]"), { childList: true });
    document.addEventListener("click", ({ target }) => {
        if (target.closest("[data-camera]")) (stream ? stop() : start()).catch(stop);
    });
}

function reveal() {
    for (const button of document.querySelectorAll("[data-camera]")) button.hidden = false;
    if (stream) show();
}

async function start() {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    await show();
    const detector = new window.BarcodeDetector();
    while (stream && viewfinder()) {
        const [found] = viewfinder().readyState < HTMLMediaElement.HAVE_CURRENT_DATA ? [] : await detector.detect(viewfinder());
        if (found) see(found.rawValue);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    await stop();
}

function viewfinder() {
    return document.querySelector("[data-viewfinder]");
}

/** A page that is fetched anew while the picture begins takes it away: the next one shows it. */
async function show() {
    const video = viewfinder();
    if (!video) return;
    video.hidden = false;
    video.srcObject = stream;
    await video.play().catch(() => {});
}

/** The same label stays in view for a while: it counts once. */
function see(number) {
    const isNew = number !== last.number || Date.now() - last.seenAt > QUIET_MS;
    last = { number, seenAt: Date.now() };
    if (isNew) load(viewfinder().closest("form"), number);
}

function load(form, number) {
    form.elements.number.value = number;
    navigator.vibrate?.(80);
    form.requestSubmit();
}

async function stop() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    const video = viewfinder();
    if (video) video.hidden = true;
}
