"use strict";
(() => {
  const body = document.body;
  const here = body.dataset.here;
  if (!here) return;

  const form = document.getElementById("upload");
  if (form) {
    const input = document.getElementById("file");
    const drop = document.getElementById("drop");
    const chosen = document.getElementById("chosen");
    const send = document.getElementById("send");
    const look = () => {
      const files = [...input.files];
      const bytes = files.reduce((sum, file) => sum + file.size, 0);
      const wrong = bytes > Number(form.dataset.limit) ? form.dataset.large
        : files.length > Number(form.dataset.most) ? form.dataset.many : "";
      chosen.textContent = wrong || files.map((file) => file.name).join("、");
      chosen.classList.toggle("wrong", Boolean(wrong));
      send.disabled = Boolean(wrong);
      return files.length > 0 && !wrong;
    };
    input.addEventListener("change", look);
    const over = (event, on) => { event.preventDefault(); drop.classList.toggle("over", on); };
    document.addEventListener("dragover", (event) => over(event, true));
    document.addEventListener("dragleave", (event) => over(event, false));
    document.addEventListener("drop", (event) => {
      over(event, false);
      if (event.dataTransfer.files.length === 0) return;
      input.files = event.dataTransfer.files;
      if (look()) form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      if (!look()) { event.preventDefault(); return; }
      send.disabled = true;
      send.textContent = form.dataset.sending;
    });
    window.addEventListener("pageshow", look);
  } else {
    // a file dropped beside the place for files must not take the page away
    for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());
  }

  // the page looks again while work goes on; when nobody answers any more it says so
  const busy = () => ["reading", "making"].includes(body.dataset.phase)
    || document.querySelector(".thing.waiting") !== null;
  let missed = 0;
  const again = async () => {
    const answer = await fetch(`${here}/`, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.body.dataset.phase !== body.dataset.phase) { location.reload(); return; }
    body.dataset.version = page.body.dataset.version;
    for (const fresh of page.querySelectorAll("[data-thing]")) {
      const old = document.querySelector(`[data-thing="${fresh.dataset.thing}"]`);
      if (old && old.className !== fresh.className) old.replaceWith(document.importNode(fresh, true));
    }
  };
  const ask = async () => {
    try {
      const answer = await fetch(`${here}/state`, { cache: "no-store" });
      const state = await answer.json();
      missed = 0;
      document.getElementById("gone").hidden = true;
      const ahead = document.getElementById("ahead");
      if (ahead && state.ahead > 1) {
        ahead.hidden = false;
        ahead.textContent = ahead.dataset.word.replace("0", state.ahead - 1);
      } else if (ahead) ahead.hidden = true;
      if (String(state.version) !== body.dataset.version) await again();
    } catch {
      missed += 1;
      if (missed > 1) document.getElementById("gone").hidden = false;
    }
    setTimeout(ask, busy() ? 700 : 5000);
  };
  setTimeout(ask, busy() ? 400 : 5000);
})();
