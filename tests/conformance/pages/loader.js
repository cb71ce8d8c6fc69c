// Loads its parts one after the other, as module loaders do; the last one attaches the listeners.
const load = (name) => new Promise((resolve) => {
  const script = document.createElement("script");
  script.src = name;
  script.async = true;
  script.onload = resolve;
  document.head.append(script);
});
load("part.js?delay=0.15&one").then(() => load("part.js?delay=0.15&two")).then(() => {
  const field = document.querySelector("#new");
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const item = document.createElement("li");
    item.innerHTML = `<input type="checkbox" class="toggle"><label>${field.value}</label>`;
    item.firstChild.addEventListener("click", () => tell("toggled", item.textContent));
    document.querySelector("#list").append(item);
    tell("added", field.value);
    field.value = "";
  });
});
