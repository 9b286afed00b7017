/* The dispatcher's page: the map of what the tables say, and lines of the tables dragged to another place.

   The tables are the truth: the map is drawn from them, and again whenever refreshed.js has brought newer ones. */

const MARK_PX = 24;
const CLOSEST_ZOOM = 15;

const board = document.querySelector("[data-board]");
const canvas = board.querySelector("[data-map]");
const form = board.querySelector("[data-move]");

/** Draw the map from the tables, and draw it again when they change. */
async function showMap() {
    const { add, tiles } = await import(canvas.dataset.module);
    const { leaflet, leafletStyle } = canvas.dataset;
    await Promise.all([add("script", { src: leaflet }), add("link", { rel: "stylesheet", href: leafletStyle })]);
    const { L } = window;
    canvas.hidden = false;
    const map = L.map(canvas, { attributionControl: false });
    map.setView([0, 0], 2);
    tiles(L, canvas.dataset).addTo(map);
    const marks = L.featureGroup().addTo(map);
    draw(L, marks);
    map.fitBounds(marks.getBounds().pad(0.1), { maxZoom: CLOSEST_ZOOM, animate: false });
    return () => draw(L, marks);
}

function draw(L, marks) {
    marks.clearLayers();
    board.querySelectorAll("[data-tour]").forEach((tour) => {
        const hub = [tour.dataset.hubLatitude, tour.dataset.hubLongitude].map(Number);
        const calls = [...tour.querySelectorAll("[data-shipment]")];
        const way = L.polyline([hub, ...calls.map(place), hub], { className: "way", interactive: false }).addTo(marks);
        way.getElement()?.setAttribute("data-colour", tour.dataset.colour);
        calls.forEach((call) => mark(L, tour, call, call.dataset.place, call.dataset.state).addTo(marks));
        tour.querySelectorAll("[data-driver]").forEach((driver) => {
            mark(L, tour, driver, driver.dataset.driver.slice(0, 2), "driver").addTo(marks);
        });
    });
}

function place({ dataset }) {
    return [Number(dataset.latitude), Number(dataset.longitude)];
}

function mark(L, tour, row, label, state) {
    const face = document.createElement("span");
    face.textContent = label;
    const icon = L.divIcon({ html: face, className: "mark", iconSize: [MARK_PX, MARK_PX] });
    const title = row.querySelector("th")?.textContent ?? row.textContent.trim();
    const found = L.marker(place(row), { icon, title, keyboard: false, zIndexOffset: state === "driver" ? 1000 : 0 });
    found.on("add", () => {
        Object.assign(found.getElement().dataset, { state, colour: tour.dataset.colour });
    });
    found.on("click", () => {
        tour.open = true;
        row.scrollIntoView({ block: "center" });
    });
    return found;
}

/** A line that is dropped on another takes its place; on a tour's heading it becomes the last one there. */
function letDrag() {
    let dragged;
    board.addEventListener("dragstart", (event) => {
        dragged = event.target.closest?.("[data-shipment]")?.dataset.shipment;
        event.dataTransfer.effectAllowed = "move";
    });
    board.addEventListener("dragover", (event) => {
        const goal = dragged && goalOf(event);
        if (!goal) return;
        event.preventDefault();
        mind(goal);
    });
    board.addEventListener("dragend", () => mind(null));
    board.addEventListener("drop", (event) => {
        const goal = dragged && goalOf(event);
        if (!goal) return;
        event.preventDefault();
        submit(dragged, goal);
    });
}

function goalOf({ target }) {
    return target.closest("[data-duty] [data-shipment], [data-duty] summary");
}

function mind(goal) {
    board.querySelectorAll(".over").forEach((other) => other.classList.remove("over"));
    goal?.classList.add("over");
}

function submit(shipment, goal) {
    const tour = goal.closest("[data-duty]");
    form.elements.shipment.value = shipment;
    form.elements.duty.value = tour.dataset.duty;
    form.elements.place.value = goal.dataset.place ?? form.elements.place.max;
    form.requestSubmit();
}

/** What refreshed.js replaces are contents; where the page would have other parts, it is fetched as a whole. */
function watch(redraw) {
    const version = () => board.querySelector("[data-version]").dataset.version;
    const first = version();
    const observer = new MutationObserver(() => (version() === first ? redraw() : location.reload()));
    board.querySelectorAll("[data-fresh]").forEach((part) => observer.observe(part, { childList: true }));
}

if (form) letDrag();
watch(canvas ? await showMap() : () => {});
