/**
 * The benchmark suite of the kernels. Without arguments it measures everything and writes `reports/performance.*`;
 * `--quick` measures little, writes nothing, and fails if a ratio fell below half of the recorded one.
 *
 * Peers (numpy, torch) take part if `FP4SIM_PYTHON` (or python3) can import them.
 */
import { availableParallelism, cpus } from 'node:os';
import { nativeLibrary } from '../../src/kernels/index.js';
import { measure } from './measure.js';
import { Peer } from './peers.js';
import { readHistory, type SuiteResult, writePerformance } from './report.js';
import { measureStartUp } from './startup.js';
import {
  endToEndProducts,
  nativeProducts,
  portableProducts,
  quantizers,
  SHAPE,
  type Suite,
  threadedProducts,
} from './suites.js';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 12 : 40;
const START_ROUNDS = 11;
const PEERS = ['torch', 'numpy'];
/** A quick run fails below this share of a recorded ratio. */
const LARGEST_LOSS = 0.5;

async function runSuite({ title, unit, candidates, goals }: Suite): Promise<SuiteResult> {
  console.error(title);
  const measured = await measure(candidates, ROUNDS);
  const results = goals.map((goal) => ({ goal, ratio: measured.ratio(goal.name, goal.against) }));
  for (const { goal, ratio } of results) {
    const spread = `${ratio.lowerQuartile.toFixed(2)}–${ratio.upperQuartile.toFixed(2)}`;
    console.error(
      `  ${goal.what}: ${ratio.median.toFixed(2)} (${spread}; best rounds ${ratio.ofBest.toFixed(2)})`,
    );
  }
  return { title, unit, speeds: measured.speeds, results };
}

async function openPeers(): Promise<{ peers: Peer[]; states: Record<string, string> }> {
  const peers: Peer[] = [];
  const states: Record<string, string> = {};
  for (const module of quick ? [] : PEERS) {
    const found = await Peer.open(module, SHAPE);
    states[module] = found.peer === null ? `absent (${found.absent})` : found.version;
    if (found.peer !== null) peers.push(found.peer);
  }
  return { peers, states };
}

/** Ratios that fell below half of the last recorded ones on the same processor. */
function losses(suites: readonly SuiteResult[], processor: string): string[] {
  const recorded = readHistory().findLast((entry) => entry.processor === processor)?.ratios ?? {};
  return suites
    .flatMap(({ results }) => results)
    .flatMap(({ goal, ratio }) => {
      const before = recorded[goal.what];
      const reached = Math.max(ratio.median, ratio.ofBest);
      if (before === undefined || reached >= before * LARGEST_LOSS) return [];
      return [`${goal.what}: ${reached.toFixed(2)}, recorded ${before.toFixed(2)}`];
    });
}

const { library, problem } = nativeLibrary();
if (problem !== null) console.error(`without native kernels: ${problem}`);
const { peers, states } = await openPeers();
const torch = peers.find(({ module }) => module === 'torch');
const plans: Suite[] = [portableProducts()];
if (library !== null) {
  plans.unshift(nativeProducts(library, peers), endToEndProducts(library, torch));
  plans.push(threadedProducts(library), quantizers(library));
}
const suites: SuiteResult[] = [];
for (const plan of plans) suites.push(await runSuite(plan));
for (const peer of peers) peer.close();
const processor = cpus()[0]?.model ?? 'unknown processor';
if (quick) {
  const lost = losses(suites, processor);
  for (const line of lost) console.error(`slower than half of what was recorded: ${line}`);
  process.exitCode = lost.length > 0 ? 1 : 0;
} else {
  const date = new Date().toISOString().slice(0, 10);
  const instructions = library?.engines() ?? [];
  const machine = {
    processor,
    cores: availableParallelism(),
    node: process.versions.node,
    instructions,
    peers: states,
    date,
  };
  writePerformance(machine, suites, measureStartUp(START_ROUNDS));
}
