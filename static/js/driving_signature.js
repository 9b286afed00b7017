/* A signature, drawn with a finger or a mouse, in dark ink on white whatever the page looks like. */

const INK = "#111111";
const WIDTH = 4;

let drawing = null;

reveal();
new MutationObserver(reveal).observe(document.querySelector("[data-fresh]"), { childList: true });

function reveal() {
    for (const figure of document.querySelectorAll("[data-signature]")) figure.hidden = false;
}

document.addEventListener("pointerdown", (event) => {
    if (!event.target.matches("[data-signature] canvas")) return;
    event.preventDefault();
    drawing = event.target;
    drawing.setPointerCapture(event.pointerId);
    drawing.closest("figure").dataset.signed = "";
    const ink = drawing.getContext("2d");
    Object.assign(ink, { strokeStyle: INK, lineWidth: WIDTH, lineCap: "round", lineJoin: "round" });
    ink.beginPath();
    ink.moveTo(...point(event));
});

document.addEventListener("pointermove", (event) => {
    if (drawing === null) return;
    const ink = drawing.getContext("2d");
    ink.lineTo(...point(event));
    ink.stroke();
});

for (const ends of ["pointerup", "pointercancel"]) document.addEventListener(ends, () => (drawing = null));

document.addEventListener("click", ({ target }) => {
    if (!target.matches("[data-clear]")) return;
    const figure = target.closest("figure");
    const canvas = figure.querySelector("canvas");
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    delete figure.dataset.signed;
});

document.addEventListener("read", ({ target, detail }) => {
    const canvas = target.querySelector("[data-signed] canvas");
    if (canvas) detail.waits.push(written(canvas).then((picture) => (detail.pictures.signature = picture)));
});

function point(event) {
    const { left, top, width, height } = drawing.getBoundingClientRect();
    return [((event.clientX - left) / width) * drawing.width, ((event.clientY - top) / height) * drawing.height];
}

function written(canvas) {
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
