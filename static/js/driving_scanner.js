/* Reads the number of a parcel through the camera, where the browser can; everywhere else it is typed. */

const LOOK_EVERY_MS = 250;
const QUIET_MS = 2500;

let stream = null;
let lastNumber = "";

if ("BarcodeDetector" in window && navigator.mediaDevices) {
    reveal();
    new MutationObserver(reveal).observe(document.querySelector("[data-fresh]"), { childList: true });
    document.addEventListener("click", ({ target }) => {
        const form = target.closest("[data-camera]")?.closest("form");
        if (form) (stream ? stop(form) : start(form)).catch(() => stop(form));
    });
}

function reveal() {
    for (const button of document.querySelectorAll("[data-camera]")) button.hidden = false;
}

async function start(form) {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    const video = form.querySelector("[data-viewfinder]");
    video.hidden = false;
    video.srcObject = stream;
    await video.play();
    const detector = new window.BarcodeDetector();
    while (stream && form.isConnected) {
        const [found] = await detector.detect(video);
        if (found && found.rawValue !== lastNumber) load(form, found.rawValue);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    await stop(form);
}

/** The same label stays in view for a moment: it counts once. */
function load(form, number) {
    lastNumber = number;
    setTimeout(() => (lastNumber = ""), QUIET_MS);
    form.elements.number.value = number;
    navigator.vibrate?.(80);
    form.requestSubmit();
}

async function stop(form) {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    form.querySelector("[data-viewfinder]").hidden = true;
}
