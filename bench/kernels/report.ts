/** `reports/performance.{md,json,svg}` and the history of the ratios. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, writeReport } from '../reports/write-report.js';
import type { Ratio, Speed } from './measure.js';
import type { StartUp } from './startup.js';
import type { Goal } from './suites.js';

export interface SuiteResult {
  readonly title: string;
  readonly unit: string;
  readonly speeds: readonly Speed[];
  readonly results: readonly { readonly goal: Goal; readonly ratio: Ratio }[];
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly node: string;
  readonly instructions: readonly string[];
  readonly peers: Readonly<Record<string, string>>;
  readonly date: string;
}

const HISTORY = 'performance-history.json';
const HISTORY_LENGTH = 100;

export function writePerformance(
  machine: Machine,
  suites: readonly SuiteResult[],
  startUps: readonly StartUp[],
): void {
  writeReport('performance.json', JSON.stringify({ machine, suites, startUps }, null, 2));
  writeReport('performance.md', `${markdown(machine, suites)}\n\n${startUpSection(startUps)}`);
  writeReport('performance.svg', svg(suites));
  const ratios = Object.fromEntries(
    suites.flatMap(({ results }) => results.map(({ goal, ratio }) => [goal.what, ratio.median])),
  );
  const history = [...readHistory(), { date: machine.date, processor: machine.processor, ratios }];
  writeReport(HISTORY, JSON.stringify(history.slice(-HISTORY_LENGTH), null, 1));
}

export interface HistoryEntry {
  readonly date: string;
  readonly processor: string;
  readonly ratios: Readonly<Record<string, number>>;
}

/** Earlier runs, oldest first. */
export function readHistory(): HistoryEntry[] {
  const file = join(ROOT, 'reports', HISTORY);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}

const show = (x: number): string => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2));

/** By the best rounds: medians of a busy machine say more about its other users. */
function verdict({ floor, aim }: Goal, { ofBest: reached }: Ratio): string {
  if (reached >= aim) return 'aim reached';
  return reached >= floor ? 'above the floor' : 'below the floor';
}

function markdown(machine: Machine, suites: readonly SuiteResult[]): string {
  const peers = Object.entries(machine.peers).map(([name, state]) => `- ${name}: ${state}`);
  const sections = suites.map(({ title, unit, speeds, results }) => {
    const speedRows = speeds.map(({ name, median, best }) => `| ${name} | ${show(median)} | ${show(best)} |`);
    const goalRows = results.map(
      ({ goal, ratio }) =>
        `| ${goal.what} | ${show(ratio.median)}× | ${show(ratio.lowerQuartile)}–${show(ratio.upperQuartile)} | ` +
        `${show(ratio.ofBest)}× | ${goal.floor}× | ${goal.aim}× | ${verdict(goal, ratio)} |`,
    );
    const goals = [
      '| ratio | median | quartiles | of the best rounds | floor | aim | |',
      '|---|---|---|---|---|---|---|',
      ...goalRows,
    ];
    return [
      `## ${title}`,
      '',
      ...(goalRows.length > 0 ? [...goals, ''] : []),
      `| kernel | median, ${unit} | best |`,
      '|---|---|---|',
      ...speedRows,
    ].join('\n');
  });
  return [
    '# Performance',
    '',
    `\`npm run bench\` on ${machine.processor} (${machine.cores} cores, ${machine.instructions.join(', ') || 'no native library'}), ` +
      `Node ${machine.node}, ${machine.date}. Candidates of a section run in turn; ratios are medians over the rounds. ` +
      'On a machine that others use, absolute speeds and long runs suffer; the ratio of the best rounds is the least disturbed.',
    '',
    'Peers:',
    '',
    ...peers,
    '',
    sections.join('\n\n'),
  ].join('\n');
}

function startUpSection(startUps: readonly StartUp[]): string {
  const rows = startUps.map(
    ({ command, medianMs, ofBestMs, limitMs }) =>
      `| \`${command}\` | ${medianMs.toFixed(0)} | ${ofBestMs.toFixed(0)} | ${limitMs} |`,
  );
  const head = [
    '| command | ms over `node -e 0`, median | of the fastest starts | limit |',
    '|---|---|---|---|',
  ];
  return ['## Start-up', '', ...head, ...rows].join('\n');
}

const BAR = { width: 360, height: 18, left: 330 };

/** Bars of the ratios, each against its floor (1 on a logarithmic scale of 100). */
function svg(suites: readonly SuiteResult[]): string {
  const rows = suites.flatMap(({ results }) => results);
  const height = rows.length * (BAR.height + 6) + 40;
  const x = (share: number) =>
    BAR.left + (Math.log10(Math.min(Math.max(share, 0.1), 100)) + 1) * (BAR.width / 3);
  const bars = rows.map(({ goal, ratio }, i) => {
    const y = 30 + i * (BAR.height + 6);
    const end = x(ratio.ofBest / goal.floor);
    const aim = x(goal.aim / goal.floor);
    const label = `<text x="${BAR.left - 8}" y="${y + 13}" text-anchor="end">${goal.what.replace(/&/g, '&amp;')}</text>`;
    const bar = `<rect x="${x(0.1)}" y="${y}" width="${(end - x(0.1)).toFixed(1)}" height="${BAR.height}" fill="#4c78a8"/>`;
    const mark = `<line x1="${aim}" x2="${aim}" y1="${y}" y2="${y + BAR.height}" stroke="#f58518" stroke-width="2"/>`;
    return `${label}${bar}${mark}<text x="${end + 6}" y="${y + 13}">${show(ratio.ofBest)}×</text>`;
  });
  const floor = `<line x1="${x(1)}" x2="${x(1)}" y1="22" y2="${height - 10}" stroke="#888" stroke-dasharray="4"/>`;
  const title =
    '<text x="8" y="16" font-weight="bold">Ratio of the best rounds, by its floor (dashed) and its aim (orange)</text>';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${BAR.left + BAR.width + 90}" height="${height}" font-family="sans-serif" font-size="11">`,
    title,
    floor,
    ...bars,
    '</svg>',
  ].join('\n');
}
