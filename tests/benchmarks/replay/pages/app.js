// What the pages do by themselves: send a form without leaving, and keep a table of entries.
const say = (text) => (document.querySelector("#said").textContent = text);
const send = (address, fields) => fetch(address, { method: "POST", body: new URLSearchParams(fields) });

for (const form of document.querySelectorAll("form[data-said]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await send(form.action, new FormData(form));
    say(form.dataset.said);
  });
}

const table = document.querySelector("#entries");
if (table) {
  const modal = document.querySelector(".modal");
  const entry = document.querySelector("#entry");
  const add = (name, word) => {
    const row = table.insertRow(0);
    row.insertCell().textContent = name;
    const button = row.insertCell().appendChild(document.createElement("button"));
    Object.assign(button, { textContent: word, className: word.toLowerCase() });
    return button;
  };
  for (const name of ["Desk", "Chair", "Screen", "Keyboard", "Headset", "Lamp", "Badge", "Phone"]) add(name, "Details");
  document.querySelector("#new").addEventListener("click", () => (modal.hidden = false));
  document.querySelector("#add").addEventListener("click", async () => {
    await send("/entries", { entry: entry.value });
    modal.hidden = true;
    add(entry.value, "Approve").addEventListener("click", async () => {
      await send("/entries/approve", { approved: "on" });
      say("One entry is approved.");
    });
  });
}
