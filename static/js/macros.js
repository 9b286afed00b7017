/* Puts a ready text into the answer beside what is written there already, where the form alone would begin anew. */

const form = document.querySelector("[data-into]");

form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const [chosen] = form.querySelector("select").selectedOptions;
    const answer = document.getElementById(form.dataset.into);
    answer.focus();
    answer.setRangeText(chosen.dataset.text, answer.selectionStart, answer.selectionEnd, "end");
});
