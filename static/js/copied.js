/* Copies the field that a button names, and says so on the button for a moment. Without a clipboard the field is marked
   by hand, and no button shows. */

const SAID_MS = 2000;

if (navigator.clipboard) {
    for (const button of document.querySelectorAll("[data-copies]")) {
        button.hidden = false;
        button.addEventListener("click", () => copy(button).catch(() => document.getElementById(button.dataset.copies).select()));
    }
}

async function copy(button) {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).value);
    const [words] = button.childNodes;
    const before = words.textContent;
    if (before === button.dataset.copied) return;
    words.textContent = button.dataset.copied;
    button.setAttribute("aria-live", "polite");
    setTimeout(() => (words.textContent = before), SAID_MS);
}
