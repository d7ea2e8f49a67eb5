/**
 * The page of the HTML timeline, around its data. `S` are slices [line, from, occupied to, result at, what], `T` the
 * rest (see `html.ts`). Wheel and pinch zoom, drag moves; the keys are listed on the page. The part of the address
 * behind # holds search and view, so that a place can be linked.
 */

export const PAGE_HEAD = `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>TITLE</title>
<style>
:root{color-scheme:light dark;--back:#fff;--text:#1c2128;--faint:#6b7480;--grid:#e4e8ee;--band:#f4f6f9;
--issue:#24292f;--stall:#d7dce3;--load:#2f7fd1;--store:#8e5bd0;--mma:#c8452f;--vector:#2d9a5f;--quantize:#c08a12;--mark:#e0005c}
@media (prefers-color-scheme:dark){:root{--back:#14181d;--text:#e3e8ee;--faint:#8d97a3;--grid:#2a313a;--band:#1b2027;
--issue:#e3e8ee;--stall:#3a434e;--load:#5aa7f0;--store:#b48cf2;--mma:#f0735c;--vector:#55c98b;--quantize:#e6b23f;--mark:#ff5c9e}}
*{box-sizing:border-box}
html,body{margin:0;height:100%}
body{background:var(--back);color:var(--text);font:14px/1.4 system-ui,sans-serif;display:flex;flex-direction:column}
header{display:flex;flex-wrap:wrap;gap:6px 12px;align-items:center;padding:8px 12px;border-bottom:1px solid var(--grid)}
h1{font-size:15px;margin:0}
#status{color:var(--faint)}
input,button{font:inherit;color:inherit;background:var(--band);border:1px solid var(--grid);border-radius:6px;padding:4px 8px;min-height:32px}
input{flex:1 1 120px;max-width:320px}
button{min-width:36px;cursor:pointer}
#view{flex:1;overflow-y:auto;overflow-x:hidden;position:relative;touch-action:none}
#view canvas{position:sticky;top:0;display:block}
#details{padding:8px 12px;border-top:1px solid var(--grid);min-height:58px;font-family:ui-monospace,monospace;font-size:12px;white-space:pre-wrap;overflow-wrap:anywhere}
#details i{font-family:system-ui,sans-serif;color:var(--faint)}
.key span{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 4px 0 8px}
.key{color:var(--faint);font-size:12px}
</style></head><body>
<header><h1 id="title"></h1><span id="status"></span>
<input id="search" type="search" placeholder="search" aria-label="search instructions, lines and stalls">
<button id="before" aria-label="match before">‹</button><button id="next" aria-label="next match">›</button>
<button id="out" aria-label="zoom out">−</button><button id="in" aria-label="zoom in">+</button><button id="all">all</button>
<span class="key" id="key"></span></header>
<div id="view"><canvas></canvas><div id="space"></div></div>
<div id="details"><i>wheel or pinch zooms, drag moves, a tap shows what is there · keys: w s zoom, a d move, / search, n next, 0 all</i></div>
`;

export const PAGE_TAIL = `<script>
'use strict';
const ROW = 20, TOP = 22, byId = (id) => document.getElementById(id);
const view = byId('view'), canvas = view.firstElementChild, context = canvas.getContext('2d');
byId('title').textContent = document.title;
const lines = T.lines.map((line) => ({ ...line, slices: [] }));
for (const slice of S) lines[slice[0]].slices.push(slice);
for (const line of lines) line.slices.sort((a, b) => a[1] - b[1] || a[2] - b[2]);
const shown = lines.filter((line) => line.slices.length > 0);
const rows = [];
for (const line of shown) {
  if (rows.at(-1)?.core !== line.core) rows.push({ core: line.core, title: 'core ' + line.core });
  rows.push(line);
}
const textOf = (slice) => slice[4] < 0 ? 'stall: ' + T.reasons[-1 - slice[4]] : T.texts[slice[4]];
const placeOf = (slice) => slice[4] < 0 ? '' : T.places[slice[4]];
const number = (value) => Math.round(value).toLocaleString('en');
let from = 0, to = Math.max(1, T.cycles), matches = [], current = -1, picked, frame = 0, colours = {};
const nameWidth = () => Math.min(150, view.clientWidth * 0.3);
const plotWidth = () => view.clientWidth - nameWidth();
const xOf = (cycle) => nameWidth() + (cycle - from) / (to - from) * plotWidth();

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['back','text','faint','grid','band','issue','stall','load','store','mma','vector','quantize','mark'])
    colours[name] = style.getPropertyValue('--' + name).trim();
}

function setView(a, b) {
  const span = Math.min(Math.max(4, b - a), T.cycles * 1.02 + 4);
  from = Math.min(Math.max(a, -span * 0.02), Math.max(0, T.cycles * 1.02 - span));
  to = from + span;
  redraw();
}
function zoom(factor, x = nameWidth() + plotWidth() / 2) {
  const at = from + (x - nameWidth()) / plotWidth() * (to - from);
  setView(at - (at - from) * factor, at + (to - at) * factor);
}
function redraw() { if (frame === 0) frame = requestAnimationFrame(draw); }

function draw() {
  frame = 0;
  const scale = devicePixelRatio || 1, width = view.clientWidth, height = view.clientHeight;
  canvas.width = width * scale; canvas.height = height * scale;
  canvas.style.width = width + 'px'; canvas.style.height = height + 'px';
  byId('space').style.height = Math.max(0, TOP + rows.length * ROW - height) + 'px';
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = colours.back; context.fillRect(0, 0, width, height);
  context.font = '12px system-ui, sans-serif'; context.textBaseline = 'middle';
  const first = Math.floor(view.scrollTop / ROW), last = Math.min(rows.length, first + Math.ceil(height / ROW) + 1);
  for (let i = first; i < last; i++) drawRow(rows[i], TOP + i * ROW - view.scrollTop, width);
  drawScale(width, height);
}
function drawScale(width, height) {
  context.fillStyle = colours.back; context.fillRect(0, 0, width, TOP);
  const target = (to - from) / Math.max(2, plotWidth() / 110);
  const power = 10 ** Math.floor(Math.log10(target));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= target));
  for (let cycle = Math.ceil(Math.max(0, from) / step) * step; cycle <= to; cycle += step) {
    const x = xOf(cycle);
    context.fillStyle = colours.grid; context.globalAlpha = 0.6; context.fillRect(x, TOP - 4, 1, height); context.globalAlpha = 1;
    context.fillStyle = colours.faint; context.fillText(number(cycle), x + 3, TOP / 2);
  }
}
function drawRow(row, y, width) {
  context.fillStyle = row.title ? colours.text : colours.faint;
  if (row.title) { context.fillStyle = colours.band; context.fillRect(0, y, width, ROW); context.fillStyle = colours.text; }
  context.fillText(row.title ?? row.name, row.title ? 6 : 14, y + ROW / 2, nameWidth() - 18);
  if (row.title) return;
  const { slices, kind } = row, left = nameWidth(), perPixel = (to - from) / plotWidth();
  let drawnTo = -Infinity;
  context.save(); context.beginPath(); context.rect(left, y, width - left, ROW); context.clip();
  for (let i = firstVisible(row); i < slices.length && slices[i][1] < to; i++) {
    const slice = slices[i], [, start, busy, end, what] = slice;
    if (end < from || (end - start < perPixel && end <= drawnTo && !slice.isMatch)) continue;
    const x = xOf(start), w = Math.max(1, xOf(busy) - x), isStall = what < 0;
    const dim = matches.length > 0 && !slice.isMatch ? 0.35 : 1;
    if (end > busy) {
      context.globalAlpha = 0.25 * dim; context.fillStyle = colours[kind];
      context.fillRect(x + w, y + 7, xOf(end) - x - w, ROW - 14);
    }
    context.globalAlpha = dim;
    context.fillStyle = isStall ? colours.stall : colours[kind === 'stream' ? 'issue' : kind];
    context.fillRect(x, y + (isStall ? 6 : 3), w > 4 ? w - 0.5 : w, ROW - (isStall ? 12 : 6));
    const begin = Math.max(x, left), room = Math.min(x + w, width) - begin - 8;
    if (room > 28) {
      context.fillStyle = isStall ? colours.text : colours.back;
      context.fillText(clip(isStall ? T.reasons[-1 - what] : textOf(slice), room), begin + 4, y + ROW / 2 + 0.5);
    }
    if (slice.isMatch || slice === picked) {
      context.globalAlpha = 1; context.strokeStyle = colours.mark; context.lineWidth = slice === picked || slice === matches[current] ? 2 : 1;
      context.strokeRect(x, y + 2, Math.max(2, w), ROW - 4);
    }
    drawnTo = Math.max(drawnTo, start + perPixel);
  }
  context.restore(); context.globalAlpha = 1;
}
function clip(text, room) {
  const fits = Math.floor(room / 6.2);
  return text.length <= fits ? text : text.slice(0, Math.max(0, fits - 1)) + '…';
}
/** Slices overlap by their latencies only, so the longest one bounds how far back a visible one can begin. */
function firstVisible(row) {
  row.longest ??= row.slices.reduce((most, slice) => Math.max(most, slice[3] - slice[1]), 0);
  let low = 0, high = row.slices.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row.slices[middle][1] < from - row.longest) low = middle + 1; else high = middle;
  }
  return low;
}
function at(x, y) {
  const row = rows[Math.floor((y - TOP + view.scrollTop) / ROW)];
  if (row === undefined || row.title || y < TOP || x < nameWidth()) return undefined;
  const cycle = from + (x - nameWidth()) / plotWidth() * (to - from), reach = (to - from) / plotWidth() * 3;
  let best;
  for (let i = firstVisible(row); i < row.slices.length && row.slices[i][1] <= cycle + reach; i++) {
    const slice = row.slices[i];
    if (slice[1] <= cycle && slice[2] > cycle) return slice;
    if (slice[3] >= cycle - reach) best = slice;
  }
  return best;
}
function show(slice) {
  picked = slice;
  if (slice === undefined) return redraw();
  const [line, start, busy, end] = slice, { core, name } = lines[line];
  const times = slice[4] < 0 || end === busy ? number(start) + ' – ' + number(end) + ' (' + number(end - start) + ' cycles)'
    : number(start) + ', occupied ' + number(busy - start) + ' cycles, result after ' + number(end - start) + ', at ' + number(end);
  byId('details').textContent = textOf(slice) + '\\ncore ' + core + ' · ' + name + ' · ' + times + (placeOf(slice) && ' · ' + placeOf(slice));
  redraw();
}
function search(query) {
  const wanted = query.trim().toLowerCase(), hit = new Map();
  for (const slice of S) {
    slice.isMatch = false;
    if (wanted === '') continue;
    if (!hit.has(slice[4])) hit.set(slice[4], (textOf(slice) + ' ' + placeOf(slice)).toLowerCase().includes(wanted));
    slice.isMatch = hit.get(slice[4]);
  }
  matches = S.filter((slice) => slice.isMatch).sort((a, b) => a[1] - b[1]);
  current = -1;
  status(); redraw();
}
function step(by) {
  if (matches.length === 0) return;
  current = (current + by + matches.length) % matches.length;
  const slice = matches[current], span = to - from, row = rows.indexOf(lines[slice[0]]);
  if (slice[1] < from || slice[3] > to) setView(slice[1] - span / 3, slice[1] + span * 2 / 3);
  const y = TOP + row * ROW;
  if (y < view.scrollTop + TOP || y + ROW > view.scrollTop + view.clientHeight) view.scrollTop = y - view.clientHeight / 2;
  show(slice); status();
}
function status() {
  const found = byId('search').value.trim() === '' ? '' : ' · ' + (current < 0 ? '' : number(current + 1) + ' of ') + number(matches.length) + ' matches';
  byId('status').textContent = number(T.cycles) + ' cycles' + (T.trap ? ' · ended by ' + T.trap : '') +
    (T.cutAt === undefined ? '' : ' · shown up to cycle ' + number(T.cutAt)) + found;
}
function keep() {
  const parts = new URLSearchParams({ from: Math.round(from), to: Math.round(to) });
  if (byId('search').value) parts.set('q', byId('search').value);
  history.replaceState(null, '', '#' + parts);
}
function restore() {
  const parts = new URLSearchParams(location.hash.slice(1));
  byId('search').value = parts.get('q') ?? '';
  search(byId('search').value);
  if (parts.has('from')) setView(Number(parts.get('from')), Number(parts.get('to'))); else setView(0, T.cycles);
}
const pointers = new Map(); let moved = 0;
const place = (event) => { const box = view.getBoundingClientRect(); return { x: event.clientX - box.left, y: event.clientY - box.top }; };
view.addEventListener('pointerdown', (event) => { pointers.set(event.pointerId, place(event)); moved = 0; view.setPointerCapture(event.pointerId); });
view.addEventListener('pointermove', (event) => {
  const last = pointers.get(event.pointerId), now = place(event);
  if (last === undefined) return;
  const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, p]) => p);
  moved += Math.abs(now.x - last.x) + Math.abs(now.y - last.y);
  if (others.length === 0) {
    const by = (last.x - now.x) / plotWidth() * (to - from);
    view.scrollTop += last.y - now.y; setView(from + by, to + by);
  } else {
    const [other] = others, before = Math.abs(last.x - other.x), after = Math.abs(now.x - other.x);
    if (before > 10 && after > 10) zoom(before / after, (now.x + other.x) / 2);
  }
  pointers.set(event.pointerId, now);
});
for (const type of ['pointerup', 'pointercancel']) view.addEventListener(type, (event) => {
  if (type === 'pointerup' && moved < 6) { const { x, y } = place(event); show(at(x, y)); }
  pointers.delete(event.pointerId); keep();
});
view.addEventListener('wheel', (event) => {
  event.preventDefault();
  if (event.shiftKey) view.scrollTop += event.deltaY || event.deltaX;
  else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) { const by = event.deltaX / plotWidth() * (to - from); setView(from + by, to + by); }
  else zoom(Math.exp(event.deltaY * 0.0015), place(event).x);
  keep();
}, { passive: false });
view.addEventListener('scroll', redraw);
byId('search').addEventListener('input', (event) => { search(event.target.value); keep(); });
byId('search').addEventListener('keydown', (event) => { if (event.key === 'Enter') { step(event.shiftKey ? -1 : 1); keep(); } if (event.key === 'Escape') event.target.blur(); });
const actions = { next: () => step(1), before: () => step(-1), in: () => zoom(0.5), out: () => zoom(2), all: () => setView(0, T.cycles) };
for (const [id, act] of Object.entries(actions)) byId(id).addEventListener('click', () => { act(); keep(); });
const shift = (share) => setView(from + share * (to - from), to + share * (to - from));
const keys = { w: actions.in, s: actions.out, a: () => shift(-0.3), d: () => shift(0.3), n: actions.next, p: actions.before, 0: actions.all, '/': () => byId('search').focus() };
addEventListener('keydown', (event) => {
  if (event.target === byId('search') || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = keys[event.key];
  if (act !== undefined) { event.preventDefault(); act(); keep(); }
});
addEventListener('resize', redraw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { readColours(); redraw(); });
readColours();
byId('key').append(...[['issue', 'issue'], ['stall', 'stall'], ...[...new Set(shown.map(({ kind }) => kind))].filter((kind) => kind !== 'stream').map((kind) => [kind, kind])].flatMap(([name, colour]) => {
  const box = document.createElement('span'); box.style.background = 'var(--' + colour + ')'; return [box, name];
}));
restore(); status(); draw();
document.body.dataset.slices = S.length;
document.body.dataset.rows = rows.length;
</script></body></html>
`;
