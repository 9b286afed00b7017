/* Shows what is pushed to this browser, and opens the delivery that it is about. It keeps nothing and fetches nothing. */

self.addEventListener("push", (event) => event.waitUntil(show(event.data.json())));
self.addEventListener("notificationclick", (event) => {
    event.notification.close();
    event.waitUntil(open(new URL(event.notification.data.link, self.location.origin)));
});

/** One that is about the same takes the place of the one before, without another sound. */
function show({ title, body, link, tag }) {
    return self.registration.showNotification(title, { body, tag, data: { link }, dir: "auto" });
}

/** Go to the page where it is open, else open it; nowhere but here. */
async function open(link) {
    if (link.origin !== self.location.origin) return undefined;
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const page = pages.find(({ url }) => new URL(url).pathname === link.pathname);
    return page ? page.focus() : self.clients.openWindow(link.href);
}
