/**
 * The benchmark suite of the kernels. Without arguments it measures everything and writes `reports/performance.*`;
 * `--quick` is `quick.ts`.
 *
 * Peers (numpy, torch, ml_dtypes) take part if `FP4SIM_PYTHON` (or python3) can import them.
 */
import { availableParallelism, cpus } from 'node:os';
import { nativeLibrary } from '../../src/kernels/index.js';
import { measure } from './measure.js';
import { INSTALL, Peer, verilatorState } from './peers.js';
import { measureQuickly, recordedRatios } from './quick.js';
import { readHistory, type SuiteResult, writePerformance } from './report.js';
import { measureStartUp } from './startup.js';
import {
  endToEndProducts,
  everySemantic,
  nativeProducts,
  portableProducts,
  quantizers,
  SHAPE,
  type Suite,
  threadedProducts,
} from './suites.js';

const ROUNDS = 40;
const START_ROUNDS = 11;

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
  for (const module of Object.keys(INSTALL)) {
    const found = await Peer.open(module, SHAPE);
    states[module] = found.peer === null ? `absent (${found.absent})` : found.version;
    if (found.peer !== null) peers.push(found.peer);
  }
  return { peers, states: { ...states, Verilator: verilatorState() } };
}

async function quickly(): Promise<void> {
  const { compared, losses } = await measureQuickly(recordedRatios(readHistory(), processor));
  console.error(`${compared} ratios compared`);
  for (const line of losses) console.error(`slower than half of what was recorded: ${line}`);
  process.exitCode = losses.length > 0 ? 1 : 0;
}

async function completely(): Promise<void> {
  const { library, problem } = nativeLibrary();
  if (problem !== null) console.error(`without native kernels: ${problem}`);
  const { peers, states } = await openPeers();
  const peerNamed = (name: string) => peers.find(({ module }) => module === name);
  const torch = peerNamed('torch');
  const matrixPeers = peers.filter(({ module }) => module !== 'ml_dtypes');
  const plans: Suite[] = [portableProducts()];
  if (library !== null) {
    plans.unshift(nativeProducts(library, matrixPeers), endToEndProducts(library, torch));
    plans.push(
      everySemantic(library),
      threadedProducts(library),
      quantizers(library, peerNamed('ml_dtypes')),
    );
  }
  const suites: SuiteResult[] = [];
  for (const plan of plans) suites.push(await runSuite(plan));
  for (const peer of peers) peer.close();
  const machine = {
    processor,
    cores: availableParallelism(),
    node: process.versions.node,
    instructions: library?.engines() ?? [],
    peers: states,
    date: new Date().toISOString().slice(0, 10),
  };
  writePerformance(machine, suites, measureStartUp(START_ROUNDS));
}

const processor = cpus()[0]?.model ?? 'unknown processor';
await (process.argv.includes('--quick') ? quickly() : completely());
