// The Thresholds page without requests: what a setting would do is computed here, as
// `console/tuning.py` computes it. Without this file the form asks the server. Texts stay where
// the server put them; this only hides and shows them.
(function () {
  "use strict";

  const HEIGHT = 100;
  const MIDDLE = 105;
  const WIDTH = 640;
  const Z = 1.959963984540054; // of a level of 95 %

  const byId = (id) => document.getElementById(id);

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.dataset.into) take(field);
    if (!field.form || field.form.id !== "tuner") return;
    if (field.dataset.moves) byId(field.dataset.moves).value = field.value;
    else if (field.type === "number" && field.validity.valid) slider(field).value = field.value;
    if (field.type !== "select-one") show();
  });

  // A screen reader hears the outcome when a slider rests, not at each step.
  document.addEventListener("change", (event) => {
    const { form, type } = event.target;
    if (form && form.id === "tuner" && type !== "select-one") byId("told").textContent = told();
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(byId(button.dataset.copy).textContent);
      byId("copied").textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(byId(button.dataset.copy));
      byId("copied").textContent = "Selected; copy it with the keyboard.";
    }
  });

  // What only works with this file is hidden until it runs; a part that htmx brought, too.
  function enliven() {
    for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;
  }
  enliven();
  document.addEventListener("htmx:afterSettle", enliven);

  async function take(field) {
    const [file] = field.files;
    if (file) byId(field.dataset.into).value = await file.text();
  }

  function slider(field) {
    return document.querySelector(`[data-moves="${field.id}"]`);
  }

  let examples = null;
  let board = null;

  function show() {
    if (board !== byId("board")) {
      board = byId("board");
      examples = JSON.parse(board.dataset.examples);
    }
    const setting = read();
    if (!setting) return;
    const outcome = tryOut(setting);
    counts(outcome.counts);
    histogram(outcome.bins, setting.score);
    list("alarms", outcome.acted, true);
    list("missed", outcome.acted, false);
    byId("toml").textContent = toml(setting);
    byId("copied").textContent = "";
  }

  function read() {
    const { min_score: score, min_severity: severity } = byId("tuner").elements;
    if (!score.validity.valid || !severity.validity.valid) return null;
    const spared = [...document.querySelectorAll("[name=spare]")].filter((box) => box.checked);
    return {
      score: Math.round(score.value * 1000) / 1000,
      severity: Number(severity.value),
      spared: new Set(spared.map((box) => box.value)),
    };
  }

  function tryOut(setting) {
    const size = Number(board.dataset.bins);
    const bins = Array.from({ length: size }, () => [0, 0, 0, 0]);
    const outcome = { counts: [0, 0, 0, 0], acted: [], bins };
    for (const [positive, probability, findings] of examples) {
      let score = null;
      for (const [found, severity, context] of findings) {
        if (severity >= setting.severity && !setting.spared.has(context)) {
          score = Math.max(score ?? 0, found);
        }
      }
      const acts = score !== null && score >= setting.score;
      outcome.acted.push(acts);
      outcome.counts[(positive ? 0 : 2) + (acts ? 0 : 1)] += 1;
      const place = Math.min(size - 1, Math.floor((score ?? probability) * size));
      bins[place][(positive ? 0 : 2) + (score === null ? 1 : 0)] += 1;
    }
    return outcome;
  }

  function counts([hits, misses, alarms, rejections]) {
    for (const [name, n] of Object.entries({ hits, misses, alarms, rejections })) {
      document.querySelector(`[data-count="${name}"]`).textContent = n;
    }
    figure("Precision", hits, hits + alarms);
    figure("Recall", hits, hits + misses);
    figure("False alarms", alarms, alarms + rejections);
  }

  function figure(name, found, n) {
    const value = document.querySelector(`[data-figure="${name}"]`);
    const limits = document.querySelector(`[data-limits="${name}"]`);
    const [low, high] = wilson(found, n);
    value.textContent = n ? `${percent(found / n)} %` : "–";
    limits.textContent = n ? `${percent(low)} to ${percent(high)} %, n = ${n}` : "n = 0";
  }

  function percent(share) {
    return (100 * share).toFixed(1);
  }

  function wilson(found, n) {
    if (!n) return [0, 1];
    const share = found / n;
    const scale = 1 + (Z * Z) / n;
    const middle = (share + (Z * Z) / (2 * n)) / scale;
    const half = (Z / scale) * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n));
    return [found === 0 ? 0 : Math.max(0, middle - half), found === n ? 1 : Math.min(1, middle + half)];
  }

  function histogram(bins, score) {
    const totals = bins.flatMap((bin) => [bin[0] + bin[1], bin[2] + bin[3]]);
    const top = Math.max(1, ...totals);
    const rows = document.querySelectorAll("[data-row]");
    const bars = document.querySelectorAll(".scores rect");
    bins.forEach((bin, place) => {
      for (const side of [0, 1]) {
        const [found, silent] = bin.slice(2 * side, 2 * side + 2);
        const whole = HEIGHT * Math.sqrt((found + silent) / top);
        const solid = found ? (whole * found) / (found + silent) : 0;
        const [filled, outlined] = [0, 1].map((kind) => bars[4 * place + 2 * side + kind]);
        bar(filled, side === 0 ? MIDDLE - solid : MIDDLE, solid);
        bar(outlined, side === 0 ? MIDDLE - whole : MIDDLE + solid, whole - solid);
      }
      bin.forEach((n, column) => (rows[place].cells[column + 1].textContent = n));
    });
    for (const end of ["x1", "x2"]) byId("line").setAttribute(end, WIDTH * score);
  }

  function bar(rect, y, height) {
    rect.setAttribute("y", y.toFixed(1));
    rect.setAttribute("height", height.toFixed(1));
  }

  function list(id, acted, wanted) {
    const items = document.querySelector(`[data-list="${id}"]`);
    let shown = 0;
    for (const item of items.children) {
      item.hidden = acted[Number(item.dataset.number)] !== wanted;
      if (!item.hidden) shown += 1;
    }
    items.hidden = shown === 0;
    document.querySelector(`[data-none="${id}"]`).hidden = shown > 0;
    document.querySelector(`[data-shown="${id}"]`).textContent = shown;
  }

  function toml({ score, severity }) {
    const { detect, at, action, model } = byId("toml").dataset;
    const lines = model ? [model] : [];
    lines.push("[[guard.rule]]", `detect = [${detect}]`, `at = ["${at}"]`);
    if (score) lines.push(`min_score = ${score}`);
    if (severity) lines.push(`min_severity = ${severity}`);
    const contexts = [...document.querySelectorAll("[name=spare]")]
      .map((box) => [box.value, box.checked ? "allow" : box.dataset.otherwise])
      .filter(([, deed]) => deed)
      .map(([name, deed]) => `${name} = "${deed}"`);
    if (contexts.length) lines.push(`context = { ${contexts.join(", ")} }`);
    lines.push(`action = "${action}"`);
    return lines.join("\n");
  }

  function told() {
    const n = (name) => document.querySelector(`[data-count="${name}"]`).textContent;
    return `${n("hits")} found, ${n("misses")} missed, ${n("alarms")} wrongly acted on.`;
  }
})();
