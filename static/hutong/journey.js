"use strict";
// Lays the cards of a journey out from top to bottom and draws the ways between them. Without JavaScript they stand as a list.

const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function chip(canvas, text) {
  const label = document.createElement("span");
  label.className = "ht-edge-label";
  label.textContent = label.title = text;
  canvas.append(label);
  return label;
}

function layout(canvas, cards, nodes) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 32, ranksep: 48, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) {
    const card = cards.get(node.id);
    graph.setNode(`n-${node.id}`, { width: card.offsetWidth, height: card.offsetHeight });
  }
  for (const node of nodes) {
    node.next.forEach((way, index) => {
      const label = way.label && chip(canvas, way.label);
      const size = label ? { label, width: label.offsetWidth + 8, height: label.offsetHeight + 8, labelpos: "c" } : {};
      graph.setEdge(`n-${node.id}`, `n-${way.to}`, size, String(index));
    });
  }
  dagre.layout(graph);
  return graph;
}

function path(points) {
  const [first, ...rest] = points;
  let drawn = `M${first.x},${first.y}`;
  for (let i = 0; i < rest.length - 1; i += 1) {
    const middle = { x: (rest[i].x + rest[i + 1].x) / 2, y: (rest[i].y + rest[i + 1].y) / 2 };
    drawn += ` Q${rest[i].x},${rest[i].y} ${middle.x},${middle.y}`;
  }
  const last = rest[rest.length - 1];
  return `${drawn} L${last.x},${last.y}`;
}

function draw(root) {
  const nodes = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const canvas = root.querySelector(".ht-graph-canvas");
  const cards = new Map([...canvas.querySelectorAll(".ht-node")].map((card) => [card.dataset.id, card]));
  root.classList.add("ht-graph-drawn");
  const graph = layout(canvas, cards, nodes);
  const { width, height } = graph.graph();
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const drawing = svg("svg", { width, height });
  const marker = svg("marker", { id: "ht-arrow", viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" });
  marker.append(svg("path", { d: "M0,0 L10,5 L0,10 z" }));
  const defs = svg("defs", {});
  defs.append(marker);
  drawing.append(defs);
  for (const edge of graph.edges()) {
    const { points, label, x, y } = graph.edge(edge);
    drawing.append(svg("path", { d: path(points), "marker-end": "url(#ht-arrow)" }));
    if (label) Object.assign(label.style, { left: `${x}px`, top: `${y}px` });
  }
  canvas.prepend(drawing);
  for (const node of nodes) {
    const { x, y } = graph.node(`n-${node.id}`);
    const card = cards.get(node.id);
    Object.assign(card.style, { left: `${x - card.offsetWidth / 2}px`, top: `${y - card.offsetHeight / 2}px` });
  }
}

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".ht-graph").forEach(draw));
