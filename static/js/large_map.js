/* The large map: Leaflet over the installation's tiles, loaded when somebody asks for it. */

const CLOSEST_ZOOM = 17;
const VAN_PX = 48;

let shown;

/** Open the dialog with the map on it; `section` is the small map, `position` tells where the driver is. */
export async function open(dialog, section, position) {
    const { leaflet, leafletStyle } = dialog.dataset;
    await Promise.all([add("script", { src: leaflet }), add("link", { rel: "stylesheet", href: leafletStyle })]);
    dialog.showModal();
    shown ??= draw(dialog, section);
    follow(position());
    shown.map.invalidateSize().fitBounds(shown.marks.getBounds().pad(0.2), { maxZoom: CLOSEST_ZOOM });
}

/** Load a file once, and wait until it is there. */
export function add(tag, properties) {
    const loaded = document.head.querySelector(`${tag}[data-url="${properties.src ?? properties.href}"]`);
    if (loaded) return loaded;
    return new Promise((resolve, reject) => {
        const element = Object.assign(document.createElement(tag), properties, { onload: resolve, onerror: reject });
        element.dataset.url = properties.src ?? properties.href;
        document.head.append(element);
    });
}

function draw(dialog, section) {
    const { L } = window;
    const { latitude, longitude, vehicle } = section.dataset;
    dialog.dataset.vehicle = vehicle;
    const map = L.map(dialog.querySelector("[data-canvas]"), { attributionControl: false });
    map.setView([latitude, longitude], CLOSEST_ZOOM);
    const source = section.querySelector(".map-attribution").innerHTML;
    L.control.attribution({ prefix: false }).addAttribution(source).addTo(map);
    tiles(L, dialog.dataset).addTo(map);
    const marks = L.featureGroup([goal(L, section.dataset)]).addTo(map);
    const picture = section.querySelector("[data-mark=van]").cloneNode(true);
    const van = L.marker([0, 0], { icon: icon(L, picture), interactive: false, keyboard: false });
    document.addEventListener("driver", ({ detail }) => follow(detail));
    return { map, marks, van, picture };
}

/** The layer of tiles. Leaflet's own one ends a request with a data URL, which our content security policy forbids. */
export function tiles(L, { tiles: byDay, tilesByNight }) {
    const url = matchMedia("(prefers-color-scheme: dark)").matches ? tilesByNight : byDay;
    const Tiles = L.GridLayer.extend({
        createTile({ x, y, z }, done) {
            const tile = new Image();
            tile.alt = "";
            tile.onload = () => done(null, tile);
            tile.onerror = () => done(new Error("no tile"), tile);
            tile.src = L.Util.template(url, { x, y, z, s: "abc"[(x + y) % 3] });
            return tile;
        },
    });
    return new Tiles({ maxZoom: 19 });
}

/** Where it goes: its door, or the circle around it. */
function goal(L, { latitude, longitude, radius }) {
    const look = { className: "map-around", interactive: false };
    return radius
        ? L.circle([latitude, longitude], { ...look, radius: Number(radius) })
        : L.circleMarker([latitude, longitude], { ...look, className: "map-pin", radius: 9 });
}

function icon(L, picture) {
    picture.removeAttribute("style");
    picture.removeAttribute("transform");
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("viewBox", "-44 -44 88 88");
    drawing.append(picture);
    return L.divIcon({ html: drawing, className: "", iconSize: [VAN_PX, VAN_PX] });
}

function follow(position) {
    const { marks, van, picture } = shown;
    if (!position) {
        marks.removeLayer(van);
        return;
    }
    van.setLatLng([position.lat, position.lon]);
    marks.addLayer(van);
    picture.setAttribute("visibility", "visible");
    const heading = picture.querySelector("[data-mark=heading]");
    heading.setAttribute("visibility", position.heading === null ? "hidden" : "inherit");
    heading.setAttribute("transform", `rotate(${position.heading ?? 0})`);
}
