/**
 * Drawings of a comparison of MACs as SVG: scatter with its front, stacked bars by module, the pipeline with widths and
 * delays, and which slice is in which stage in each cycle. Colours are CSS variables of the page, so that they follow
 * light, dark and print; every mark has a `title` as its tooltip.
 */
import { frontOf, type MacFigures, type Trade } from '../compare/index.js';

const WIDTH = 640;

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
}

function svg(height: number, label: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(label)}">${parts.join('')}</svg>`;
}

const text = (x: number, y: number, content: string, attributes = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escapeHtml(content)}</text>`;

/** One point a design; the front is joined. */
export function tradeScatter(trade: Trade, rows: readonly MacFigures[]): string {
  const height = 320;
  const [left, right, top, bottom] = [62, WIDTH - 16, 14, height - 44];
  const scaleX = scaleOf(rows.map(trade.x.value), left, right);
  const scaleY = scaleOf(rows.map(trade.y.value), bottom, top);
  const at = (row: MacFigures) => [scaleX.at(trade.x.value(row)), scaleY.at(trade.y.value(row))] as const;
  const front = frontOf(trade, rows);
  const axes = [
    ...scaleX.ticks.map((tick) => {
      const x = scaleX.at(tick);
      return `<line class="grid" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/>${text(x, bottom + 16, label(tick), 'text-anchor="middle"')}`;
    }),
    ...scaleY.ticks.map((tick) => {
      const y = scaleY.at(tick);
      return `<line class="grid" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/>${text(left - 6, y + 4, label(tick), 'text-anchor="end"')}`;
    }),
    text((left + right) / 2, height - 8, trade.x.title, 'text-anchor="middle"'),
    text(
      14,
      (top + bottom) / 2,
      trade.y.title,
      `text-anchor="middle" transform="rotate(-90 14 ${(top + bottom) / 2})"`,
    ),
  ];
  const line = front
    .map((row) =>
      at(row)
        .map((value) => value.toFixed(1))
        .join(','),
    )
    .join(' ');
  const points = placedLabels([...front, ...rows.filter((row) => !front.includes(row))], at, {
    left,
    right,
    top,
    bottom,
  }).map(({ row, x, y, label }) => {
    const tip = `${row.design}: ${trade.x.title} ${trade.x.value(row).toFixed(2)}, ${trade.y.title} ${trade.y.value(row).toFixed(2)}`;
    const kind = front.includes(row) ? 'point front' : 'point';
    return `<g><title>${escapeHtml(tip)}</title><circle class="${kind}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="5"/>${label}</g>`;
  });
  return svg(height, trade.name, [...axes, `<polyline class="front-line" points="${line}"/>`, ...points]);
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Heights of a line of text, and how far up and down a label may go from its point, nearest first. */
const LINE = 13;
const SHIFTS = Array.from({ length: 21 }, (_, i) => (i % 2 === 1 ? -1 : 1) * Math.ceil(i / 2) * LINE);

/**
 * Labels beside their points, the first first, moved up or down, with a line to the point, where they would overlap
 * others or leave the plot. Empty where there is no room: the tooltip still tells.
 */
function placedLabels(
  rows: readonly MacFigures[],
  at: (row: MacFigures) => readonly [number, number],
  box: Box,
) {
  // Labels keep clear of other points as well as of each other.
  const taken = rows.map((row) => ({ x: at(row)[0] - 6, y: at(row)[1] + 4, width: 12 }));
  return rows.map((row) => {
    const [x, y] = at(row);
    const width = 7 * row.design.length;
    const places = SHIFTS.flatMap((shift) => [
      { anchor: 'start', start: x + 10, end: x + 10, y: y + 4 + shift, shift },
      { anchor: 'end', start: x - 10 - width, end: x - 10, y: y + 4 + shift, shift },
    ]);
    const place = places.find(
      ({ start, y: labelY }) =>
        start >= box.left &&
        start + width <= box.right &&
        labelY > box.top + LINE / 2 &&
        labelY < box.bottom - 2 &&
        !taken.some((t) => start < t.x + t.width && t.x < start + width && Math.abs(t.y - labelY) < LINE),
    );
    if (place === undefined) return { row, x, y, label: '' };
    taken.push({ x: place.start, y: place.y, width });
    const leader =
      Math.abs(place.shift) <= LINE
        ? ''
        : `<line class="leader" x1="${x.toFixed(1)}" y1="${y.toFixed(1)}" x2="${place.end.toFixed(1)}" y2="${(place.y - 4).toFixed(1)}"/>`;
    const name = text(place.end, place.y, row.design, `text-anchor="${place.anchor}"`);
    return { row, x, y, label: `${leader}${name}` };
  });
}

/** Linear, or logarithmic where the largest value is more than five times the least, with round ticks. */
function scaleOf(values: readonly number[], from: number, to: number) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const logarithmic = least > 0 && most / least > 5;
  const map = logarithmic ? Math.log10 : (value: number) => value;
  const margin = (map(most) - map(least)) * 0.08 || Math.abs(map(most)) * 0.1 || 1;
  const [low, high] = [map(least) - margin, map(most) + margin];
  const at = (value: number) => Number((from + ((map(value) - low) / (high - low)) * (to - from)).toFixed(1));
  const ticks = logarithmic ? decadeTicks(low, high) : roundTicks(low, high);
  return { at, ticks };
}

function roundTicks(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

function decadeTicks(low: number, high: number): number[] {
  const decades = Array.from(
    { length: Math.ceil(high) - Math.floor(low) + 1 },
    (_, i) => Math.floor(low) + i,
  );
  return decades
    .flatMap((decade) => [1, 2, 5].map((digit) => digit * 10 ** decade))
    .filter((tick) => Math.log10(tick) >= low && Math.log10(tick) <= high);
}

const label = (value: number) => String(Number(value.toPrecision(4)));

/** One bar a design, one part a module, largest first. */
export function moduleBars(rows: readonly MacFigures[]): string {
  const rowHeight = 40;
  const largest = Math.max(...rows.map(({ estimate }) => estimate.areaUm2));
  const bars = rows.flatMap(({ design, estimate }, i) => {
    const y = i * rowHeight;
    let x = 0;
    const parts = estimate.modules.map(({ module, areaUm2, instances, share }, k) => {
      const width = (areaUm2 / largest) * (WIDTH - 8);
      const tip = `${module}, ${instances} of it: ${areaUm2.toFixed(1)} ${estimate.technology.units.area}, ${(100 * share).toFixed(1)} %`;
      const part = `<g><title>${escapeHtml(tip)}</title><rect class="part p${k % 6}" x="${x.toFixed(1)}" y="${y + 16}" width="${width.toFixed(1)}" height="18"/>${width > 7 * module.length ? text(x + 4, y + 29, module, 'class="inside"') : ''}</g>`;
      x += width;
      return part;
    });
    return [
      text(0, y + 12, `${design}: ${estimate.areaUm2.toFixed(0)} ${estimate.technology.units.area}`),
      ...parts,
    ];
  });
  return svg(rows.length * rowHeight, 'area by module', bars);
}

/** The stages of a design: delay as a bar against the period, and the width of the registers behind it. */
export function pipelineDrawing({ design, stages, estimate }: MacFigures): string {
  const shown = stages.filter(({ delayPs }) => delayPs !== undefined);
  const rowHeight = 26;
  const [left, right] = [150, WIDTH - 110];
  const rows = shown.map(({ stage, bits, delayPs }, i) => {
    const y = i * rowHeight;
    const width = ((right - left) * delayPs!) / estimate.periodPs;
    const unit = estimate.technology.units.delay;
    const tip = `${stage}: ${delayPs!.toFixed(0)} ${unit} of ${estimate.periodPs.toFixed(0)}, ${bits} register bits`;
    return `<g><title>${escapeHtml(tip)}</title>${text(0, y + 17, stage)}<rect class="part p0" x="${left}" y="${y + 4}" width="${Math.max(1, width).toFixed(1)}" height="18"/>${text(right + 8, y + 17, `${delayPs!.toFixed(0)} ${unit}, ${bits} b`)}</g>`;
  });
  const limit = `<line class="limit" x1="${right}" x2="${right}" y1="0" y2="${shown.length * rowHeight}"/>`;
  return svg(shown.length * rowHeight, `stages of ${design}`, [...rows, limit]);
}

/** Which slice is in which stage in each cycle, up to the accumulator: what follows happens once a segment. */
export function timingDrawing({ design, stages }: MacFigures): string {
  const slices = SLICES;
  const shown = overlappingStages(stages);
  const cycles = slices + shown.length - 1;
  const [left, cell, rowHeight] = [150, (WIDTH - 150) / cycles, 24];
  const header = Array.from({ length: cycles }, (_, c) =>
    text(left + c * cell + cell / 2, 14, `${c + 1}`, 'text-anchor="middle"'),
  );
  const rows = shown.flatMap(({ stage }, s) => [
    text(0, 36 + s * rowHeight, stage),
    ...Array.from({ length: slices }, (_, slice) => {
      const x = left + (s + slice) * cell;
      const y = 22 + s * rowHeight;
      return `<g><title>slice ${slice} is in ${escapeHtml(stage)} in cycle ${s + slice + 1}</title><rect class="part p${slice}" x="${(x + 1).toFixed(1)}" y="${y}" width="${(cell - 2).toFixed(1)}" height="20"/>${text(x + cell / 2, y + 14, `slice ${slice}`, 'text-anchor="middle" class="inside"')}</g>`;
    }),
  ]);
  return svg(30 + shown.length * rowHeight, `timing of ${design}`, [...header, ...rows]);
}

/** Slices that are drawn, one after the other. */
const SLICES = 3;

/** The stages that every slice goes through; those behind the accumulator are passed once a segment. */
function overlappingStages(stages: MacFigures['stages']): MacFigures['stages'] {
  const last = stages.findIndex(({ stage }) => stage.includes('accumulate'));
  return last < 0 ? stages : stages.slice(0, last + 1);
}

/** The same timing as WaveJSON, for WaveDrom (wavedrom.com): a row a stage with its registers' bits. */
export function timingWave({ design, stages }: MacFigures): string {
  const shown = overlappingStages(stages);
  const cycles = SLICES + shown.length - 1;
  const rows = shown.map(({ stage, bits }, s) => ({
    name: `${stage}, ${bits} b`,
    wave: `${'x'.repeat(s)}${'='.repeat(SLICES)}${'x'.repeat(cycles - s - SLICES)}`,
    data: Array.from({ length: SLICES }, (_, slice) => `slice ${slice}`),
  }));
  const clock = { name: 'clock', wave: `p${'.'.repeat(cycles - 1)}` };
  return JSON.stringify({ signal: [clock, ...rows], head: { text: design, tick: 1 } });
}
