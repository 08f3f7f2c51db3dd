// What the page can do a little better with a script. Nothing here is needed: every page works without.
"use strict";

// The navigation is folded on telephones.
const fold = document.querySelector(".nav-fold");
if (fold && matchMedia("(max-width: 60rem)").matches) fold.open = false;

// An open menu closes when somebody clicks elsewhere or presses Escape.
const closeMenus = except => document.querySelectorAll("details.menu[open]").forEach(menu => { if (menu !== except) menu.open = false; });
document.addEventListener("click", event => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", event => { if (event.key === "Escape") closeMenus(null); });

// "/" goes to the search, as in many programs.
document.addEventListener("keydown", event => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const find = document.getElementById("find");
    if (find) { find.focus(); find.select(); event.preventDefault(); }
  }
});

// Moments are shown in the time of whoever looks; the title keeps UTC.
document.querySelectorAll("time[datetime]").forEach(time => {
  const moment = new Date(time.dateTime);
  if (isNaN(moment) || time.dataset.ago !== undefined) return;
  time.title = time.dateTime;
  time.textContent = moment.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
});

// One box ticks all of its table.
document.querySelectorAll("input[data-all]").forEach(all => {
  const boxes = () => all.closest("table").querySelectorAll(`input[name="${all.dataset.all}"]`);
  all.hidden = false;
  all.addEventListener("change", () => { boxes().forEach(box => { box.checked = all.checked; }); told(); });
  const told = () => document.querySelectorAll("[data-chosen]").forEach(out => {
    const count = [...boxes()].filter(box => box.checked).length;
    out.textContent = count ? `${count} chosen` : out.dataset.chosen;
  });
  boxes().forEach(box => box.addEventListener("change", told));
});

// Filters apply as soon as one is chosen.
document.querySelectorAll("form[data-at-once] select").forEach(select => select.addEventListener("change", () => select.form.requestSubmit()));

// Leaving a form that was changed asks first.
document.querySelectorAll("form[data-careful]").forEach(form => {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", event => { if (changed) event.preventDefault(); });
});

// What is copied is said.
document.querySelectorAll("[data-copy]").forEach(button => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  });
});

// Keys are dragged to other places: rows change their contents, the numbers stay where they are.
document.querySelectorAll("table.keys[data-drag]").forEach(table => {
  const rows = () => [...table.tBodies[0].rows].filter(row => row.dataset.key !== undefined);
  const cells = row => [...row.querySelectorAll("[data-part]")];
  const take = row => cells(row).map(cell => cell.type === "checkbox" ? cell.checked : cell.value);
  const put = (row, values) => cells(row).forEach((cell, at) => { if (cell.type === "checkbox") cell.checked = values[at]; else cell.value = values[at]; cell.dispatchEvent(new Event("change", { bubbles: true })); });
  // What stood between moves up or down by one, as when a card is moved in a hand.
  const move = (from, to) => {
    const all = rows(), moving = take(all[from]), step = from < to ? 1 : -1;
    for (let at = from; at !== to; at += step) put(all[at], take(all[at + step]));
    put(all[to], moving);
    table.closest("form").dispatchEvent(new Event("input"));
  };
  let from = null;
  rows().forEach(row => {
    const grip = row.querySelector(".grip");
    if (!grip) return;
    grip.draggable = true;
    grip.addEventListener("dragstart", event => {
      from = rows().indexOf(row);
      row.classList.add("moving");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", row.dataset.key);
      event.dataTransfer.setDragImage(row, 10, 10);
    });
    grip.addEventListener("dragend", () => { from = null; rows().forEach(each => each.classList.remove("moving", "target")); });
    row.addEventListener("dragover", event => { if (from !== null) { event.preventDefault(); rows().forEach(each => each.classList.toggle("target", each === row)); } });
    row.addEventListener("drop", event => { event.preventDefault(); const to = rows().indexOf(row); if (from !== null && from !== to) move(from, to); });
    // The same by keys: Alt and an arrow.
    row.addEventListener("keydown", event => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      const all = rows(), at = all.indexOf(row);
      if (!by || !event.altKey || !all[at + by]) return;
      event.preventDefault();
      const part = event.target.dataset.part;
      move(at, at + by);
      const next = all[at + by].querySelector(`[data-part="${part}"]`);
      if (next) next.focus();
    });
  });
});

// A key of the drawing leads to its row.
document.querySelectorAll("a.d-key").forEach(key => key.addEventListener("click", event => {
  const row = document.querySelector(`tr[data-key="${key.dataset.key}"]`);
  const field = row && row.querySelector("select, input");
  if (field) { event.preventDefault(); field.focus(); field.scrollIntoView({ block: "center" }); }
}));

// A setting is found by a part of its name or of what it is for.
document.querySelectorAll("[data-find-setting]").forEach(find => {
  find.closest("[hidden]").hidden = false;
  const groups = [...document.querySelectorAll("details.card")], opened = new Map(groups.map(group => [group, group.open]));
  find.addEventListener("input", () => {
    const text = find.value.trim().toLowerCase();
    groups.forEach(group => {
      let any = false;
      group.querySelectorAll(".setting").forEach(row => {
        const fits = !text || row.textContent.toLowerCase().includes(text);
        row.hidden = !fits;
        any ||= fits;
      });
      group.hidden = !any;
      group.open = text ? any : opened.get(group);
    });
  });
  find.addEventListener("keydown", event => { if (event.key === "Enter") event.preventDefault(); });
});

// A part of a page that is folded opens when an address leads to it.
const unfold = () => {
  const aim = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const folded = aim && aim.closest("details");
  if (folded) { folded.open = true; aim.scrollIntoView(); }
};
addEventListener("hashchange", unfold);
unfold();

// What phones do, as it happens: the server says each event and each new verdict.
document.querySelectorAll("[data-live]").forEach(strip => {
  const most = 24, shown = new Map();
  strip.querySelectorAll("[data-phone]").forEach(item => shown.set(item.dataset.phone, item));
  const show = (phone, text, colour) => {
    let item = shown.get(phone);
    if (!item) {
      item = document.createElement("li");
      item.className = "new";
      const name = document.createElement("a"), line = document.createElement("span");
      name.className = "device";
      name.href = `/phones/${encodeURIComponent(phone)}`;
      name.textContent = phone;
      line.className = "what";
      item.append(name, line);
      shown.set(phone, item);
      strip.prepend(item);
      while (shown.size > most) {
        const [last, old] = shown.entries().next().value;
        shown.delete(last);
        old.remove();
      }
    }
    const line = item.querySelector(".what");
    line.textContent = text;
    line.title = text;
    if (colour) item.dataset.colour = colour;
    const quiet = strip.parentElement.querySelector("[data-quiet]");
    if (quiet) quiet.hidden = true;
  };
  const source = new EventSource(strip.dataset.live);
  source.addEventListener("event", event => {
    const { phone, title, name, outcome } = JSON.parse(event.data);
    // Most names have the phone in them, which stands above already.
    const what = name.includes(phone) ? title : `${title} ${name}`;
    if (phone) show(phone, `${what}: ${outcome.replace("-", " ")}`);
  });
  source.addEventListener("verdict", event => {
    const { phone, sentence, severity } = JSON.parse(event.data);
    show(phone, sentence, { fine: "good", note: "info", warning: "warn", problem: "bad" }[severity]);
  });
});
