"use strict";
// Shows the values under the pointer: of each visible line the point nearest in x, read off the drawing.
const KINDS = { "held-out": "held-out", training: "training", reference: "all called original" };

for (const svg of document.querySelectorAll("svg[data-plot]")) {
  const [left, right, top, bottom] = svg.dataset.plot.split(" ").map(Number);
  const [x0, x1, y0, y1] = svg.dataset.range.split(" ").map(Number);
  const decimals = Number(svg.dataset.decimals);
  const figure = svg.closest("figure");
  const guide = document.createElementNS("http://www.w3.org/2000/svg", "path");
  guide.setAttribute("class", "guide");
  const tip = document.createElement("div");
  tip.className = "tip";

  const lines = [...svg.querySelectorAll("polyline")]
    .map((line) => ({ kind: KINDS[line.getAttribute("class")], group: line.parentNode, points: Array.from(line.points) }))
    .filter((line) => line.kind);

  svg.addEventListener("pointermove", (event) => {
    const x = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()).x;
    tip.replaceChildren();
    let at = null;
    for (const { kind, group, points } of lines) {
      if (getComputedStyle(group).display === "none") continue;
      const nearest = points.reduce((a, b) => (Math.abs(b.x - x) < Math.abs(a.x - x) ? b : a));
      if (x > nearest.x + 12 && nearest === points[points.length - 1]) continue;
      at ??= nearest.x;
      const row = document.createElement("div");
      const name = document.createElement("b");
      name.textContent = group.dataset.name;
      row.className = group.getAttribute("class");
      const value = y0 + ((bottom - nearest.y) / (bottom - top)) * (y1 - y0);
      row.append(name, ` ${kind}: ${value.toFixed(decimals)}`);
      tip.append(row);
    }
    if (at === null || x < left - 5 || x > right + 5) return hide();
    const head = document.createElement("div");
    const across = x0 + ((at - left) / (right - left)) * (x1 - x0);
    head.textContent = `${Number(across.toPrecision(4)).toLocaleString("en")} ${svg.querySelector(".title").textContent}`;
    tip.prepend(head);
    guide.setAttribute("d", `M${at} ${top}V${bottom}`);
    svg.append(guide);
    figure.append(tip);
    const box = figure.getBoundingClientRect();
    const across_px = event.clientX - box.left;
    const width = tip.offsetWidth;
    tip.style.left = `${across_px + width + 24 > box.width ? Math.max(0, across_px - width - 14) : across_px + 14}px`;
    tip.style.top = `${event.clientY - box.top + 12}px`;
  });

  const hide = () => {
    guide.remove();
    tip.remove();
  };
  svg.addEventListener("pointerleave", hide);
}
