/**
 * What bounds a program, for people, from the same value that `--json` prints:
 *
 *   gemm_nvfp4.s on fp4core: 3,328 cycles, bound by dependency
 *
 *   resource    used  with this changed    cycles   saved
 *   mma       31.0 %  MMA interval halved   2,816  15.4 %
 *   …
 */
import { basename } from 'node:path';
import type { Advice, ResourceTrial, Trial } from '../advise/index.js';
import { integer, PLAIN, percent, type Style, table } from '../text/index.js';

/** Program changes that are shown. */
const SHOWN = 8;
/** Savings that are as good as none. */
const NOTHING = 0.0005;

export function adviseReport(advice: Advice, style: Style = PLAIN): string {
  const { program, machine, cycles, bound, refused } = advice;
  const head = `${basename(program)} on ${machine}: ${integer(cycles)} cycles, bound by ${boundText(bound)}`;
  const left =
    refused.length === 0
      ? []
      : [`${refused.length} changes were not counted: other work, or they do not run (--json lists them)`];
  return [
    style.heading(head),
    suspicion(advice),
    machineTable(advice),
    programText(advice.programChanges),
    waitTable(advice),
    [
      ...left,
      'each line is a run of its own; halved and doubled one at a time, so that savings do not add up',
      'values of changed programs are not checked here: fp4sim run does',
    ].join('\n'),
  ].join('\n\n');
}

function boundText(bound: Advice['bound']): string {
  return bound === 'several' ? 'several things at once: none alone saves 2 %' : bound;
}

function suspicion({ suspected, used, bound }: Advice): string {
  const share = used[suspected];
  const use = share === undefined ? 'no unit is busy and no core idle for long' : `${percent(share)} used`;
  return `by its counters alone: ${suspected} (${use})${suspected === bound ? '' : '; the runs below decide'}`;
}

function machineTable({ machineChanges, used }: Advice): string {
  const telling = machineChanges.filter(
    ({ resource, saved }) => Math.abs(saved) >= NOTHING || (used[resource] ?? 0) > 0,
  );
  return table(telling, [
    { title: 'resource', value: ({ resource }) => resource },
    { title: 'used', value: ({ resource }) => shareText(used[resource]), align: 'right' },
    { title: 'with this changed', value: ({ change }) => change },
    ...savings<ResourceTrial>(),
  ]);
}

function programText(changes: readonly Trial[]): string {
  const better = changes.filter(({ saved }) => saved > NOTHING);
  if (changes.length === 0) return 'no parameter or schedule can be changed without changing the work';
  const shown = better.slice(0, SHOWN);
  if (shown.length === 0) return `none of ${changes.length} other parameters and schedules is faster`;
  return [
    `the best of ${changes.length} other parameters and schedules:`,
    table(shown, [{ title: 'change', value: ({ change }) => change }, ...savings<Trial>()]),
  ].join('\n');
}

function waitTable({ waits }: Advice): string {
  return table(waits, [
    { title: 'stream (all cores)', value: ({ stream }) => stream },
    { title: 'issues', value: ({ issued }) => percent(issued), align: 'right' },
    { title: 'waits most for', value: ({ reason }) => reason },
    { title: 'of its time', value: ({ share }) => percent(share), align: 'right' },
  ]);
}

function savings<T extends Trial>() {
  return [
    { title: 'cycles', value: ({ cycles }: T) => cycles },
    { title: 'saved', value: ({ saved }: T) => shareText(saved), align: 'right' as const },
  ];
}

function shareText(share: number | undefined): string | undefined {
  return share === undefined ? undefined : percent(Math.abs(share) < NOTHING ? 0 : share);
}
