// The chart of a resource: zoom by keyboard, wheel and buttons, an axis that fits, and a line for the present.
"use strict";
(() => {
  const bars = document.getElementById("gantt-bars");
  const axis = document.getElementById("gantt-axis");
  const chart = document.getElementById("gantt");
  if (!bars || !axis || !window.dashboard) return;

  const SVG = "http://www.w3.org/2000/svg";
  /** The lengths between two marks of the axis, in milliseconds. */
  const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 432e5, 864e5, 1728e5, 6048e5, 2592e6, 7776e6, 31536e6];
  const LEAST_SPAN_MS = 20;
  const HALF_LABEL_PX = 36;
  // The first and the last label are beside their marks, not below them, so they reach half a label further.
  const MARK_WIDTH_PX = 3 * HALF_LABEL_PX + 12;

  const moment = document.getElementById("moment");

  /** The instant that was chosen, in milliseconds since the epoch. */
  let chosen = null;

  /** The shown part: the beginning and the length, in milliseconds since the origin; null: everything. */
  let view = null;

  const origin = () => Number(bars.dataset.origin);
  const span = () => Number(bars.dataset.span);
  const present = () => window.dashboard.now() - origin();

  /** Everything that there is, with the present. */
  function whole() {
    const end = Math.max(span(), present() * 1.02);
    return { begin: 0, length: Math.max(end, LEAST_SPAN_MS) };
  }

  const shown = () => view || whole();

  function timeOf(ms, step) {
    const at = origin() + ms;
    if (Math.abs(at) > 8.64e15) return "";
    const text = new Date(at).toISOString();
    if (step >= 864e5) return text.slice(0, 10);
    if (step >= 6e4) return `${text.slice(5, 10)} ${text.slice(11, 16)}`;
    return step >= 1e3 ? text.slice(11, 19) : text.slice(14, 23);
  }

  let drawn = "";

  function drawAxis({ begin, length }) {
    const width = axis.clientWidth || 600;
    const least = (length * MARK_WIDTH_PX) / width;
    const step = STEPS.find((one) => one >= least) || STEPS[STEPS.length - 1];
    const first = Math.ceil((begin + origin()) / step) * step - origin();
    const key = `${first} ${step} ${begin} ${length} ${width} ${chosen}`;
    if (key === drawn) return;
    drawn = key;
    const marks = [];
    for (let ms = first, n = 0; ms <= begin + length && n < 60; ms += step, n += 1) {
      const x = ((ms - begin) / length) * width;
      const line = document.createElementNS(SVG, "line");
      for (const [name, value] of [["x1", x], ["x2", x], ["y1", 20], ["y2", 28]]) line.setAttribute(name, value);
      const text = document.createElementNS(SVG, "text");
      if (x < HALF_LABEL_PX) text.setAttribute("class", "first");
      else if (x > width - HALF_LABEL_PX) text.setAttribute("class", "last");
      text.setAttribute("x", x);
      text.setAttribute("y", 16);
      text.textContent = timeOf(ms, step);
      marks.push(line, text);
    }
    if (chosen !== null) {
      const x = ((chosen - origin() - begin) / length) * width;
      const mark = document.createElementNS(SVG, "path");
      mark.setAttribute("class", "chosen");
      mark.setAttribute("d", `M${x - 6} 18h12l-6 10z`);
      marks.push(mark);
    }
    axis.replaceChildren(...marks);
  }

  let viewBox = "";

  function draw() {
    const at = present();
    const now = document.getElementById("gantt-now");
    if (now) {
      now.setAttribute("x1", at);
      now.setAttribute("x2", at);
    }
    for (const open of bars.querySelectorAll(".open")) {
      open.setAttribute("width", Math.max(0, at - Number(open.getAttribute("x"))));
    }
    // The foreseen until now has happened, or is about to be told otherwise.
    for (const foreseen of bars.querySelectorAll(".foreseen")) {
      const x = Number(foreseen.getAttribute("x"));
      if (x >= at) continue;
      const end = x + Number(foreseen.getAttribute("width"));
      foreseen.setAttribute("x", Math.min(at, end));
      foreseen.setAttribute("width", Math.max(0, end - at));
    }
    const { begin, length } = shown();
    const box = `${begin} 0 ${length} ${bars.getAttribute("height")}`;
    if (box !== viewBox || bars.getAttribute("viewBox") !== box) bars.setAttribute("viewBox", box);
    viewBox = box;
    drawAxis({ begin, length });
  }

  /** The place of the present, from 0 at the left to 1 at the right, or the middle if it is not in view. */
  function placeOfPresent({ begin, length }) {
    const place = (present() - begin) / length;
    return place >= 0 && place <= 1 ? place : 0.5;
  }

  /** Zooms by a factor around a place. */
  function zoom(factor, place = placeOfPresent(shown())) {
    const { begin, length } = shown();
    const all = whole();
    const next = Math.max(LEAST_SPAN_MS, length * factor);
    if (next >= all.length) view = null;
    else view = { begin: begin + (length - next) * place, length: next };
    draw();
  }

  function move(part) {
    const { begin, length } = shown();
    const all = whole();
    if (!view) return;
    view = { begin: Math.min(Math.max(begin + length * part, -length / 2), all.length - length / 2), length };
    draw();
  }

  function toPresent() {
    const { length } = shown();
    const all = whole();
    const next = view ? length : all.length / 4;
    view = { begin: present() - next / 2, length: next };
    draw();
  }

  /** Chooses an instant of the past, to which the world can go back, or from which it can be forked. */
  function choose(at) {
    chosen = Math.round(Math.min(at, window.dashboard.now()));
    const text = new Date(chosen).toISOString();
    const shown = moment.querySelector("time");
    shown.dateTime = text;
    shown.textContent = text.replace("T", " ").replace("Z", "");
    for (const button of moment.querySelectorAll("[data-instant]")) {
      const body = JSON.parse(button.dataset.body);
      button.dataset.body = JSON.stringify({ ...body, [button.dataset.instant]: text });
    }
    moment.hidden = false;
    draw();
  }

  /** Chooses the nearest beginning or end of a bar before or after the chosen instant. */
  function chooseEdge(direction) {
    const at = present();
    const from = chosen === null ? at : chosen - origin();
    const edges = [...bars.querySelectorAll("rect:not(.foreseen)")].flatMap((bar) => {
      const x = Number(bar.getAttribute("x"));
      return [x, x + Number(bar.getAttribute("width"))];
    });
    const beyond = edges.filter((edge) => edge <= at && (edge - from) * direction > 0.5);
    if (beyond.length > 0) choose(origin() + (direction > 0 ? Math.min(...beyond) : Math.max(...beyond)));
  }

  const ACTIONS = {
    "+": () => zoom(1 / 1.5),
    "=": () => zoom(1 / 1.5),
    "-": () => zoom(1.5),
    "_": () => zoom(1.5),
    "0": () => {
      view = null;
      draw();
    },
    n: toPresent,
    ArrowLeft: () => move(-0.15),
    ArrowRight: () => move(0.15),
    ",": () => chooseEdge(-1),
    ".": () => chooseEdge(1),
  };
  const BUTTONS = { in: ACTIONS["+"], out: ACTIONS["-"], all: ACTIONS["0"], now: toPresent };

  chart.addEventListener("keydown", (event) => {
    const action = ACTIONS[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
  chart.addEventListener(
    "wheel",
    (event) => {
      const plot = bars.getBoundingClientRect();
      // A wheel alone scrolls the page, as everywhere.
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        zoom(event.deltaY > 0 ? 1.25 : 0.8, Math.min(1, Math.max(0, (event.clientX - plot.left) / plot.width)));
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        move((event.deltaX || event.deltaY) / 1000);
      }
    },
    { passive: false },
  );
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-press]");
    if (!button) return;
    choose(Date.parse(button.closest("[data-at]").dataset.at));
    document.getElementById(button.dataset.press).click();
  });
  bars.addEventListener("click", (event) => {
    const plot = bars.getBoundingClientRect();
    const { begin, length } = shown();
    choose(origin() + begin + (length * (event.clientX - plot.left)) / plot.width);
  });
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", BUTTONS[button.dataset.zoom]);
  }
  window.addEventListener("resize", draw);
  window.dashboard.onRefresh(draw);
  setInterval(draw, 100);
  draw();
})();
