/** A strict reader of Value Change Dumps: what is not allowed by IEEE 1364-2005 clause 18 (or twice) is an error. */

export interface VcdSignal {
  readonly kind: string;
  readonly width: number;
  /** Values in order of time, as they are written. */
  readonly changes: readonly { readonly time: number; readonly value: string }[];
}

export interface Vcd {
  readonly version: string;
  readonly timescale: string;
  /** By path: scopes and name joined by dots. */
  readonly signals: ReadonlyMap<string, VcdSignal>;
  readonly endTime: number;
}

type Changes = { time: number; value: string }[];

export function readVcd(text: string): Vcd {
  const end = text.indexOf('$enddefinitions $end\n');
  if (end < 0) throw new Error('no $enddefinitions');
  const signals = new Map<string, VcdSignal>();
  const byCode = new Map<string, { kind: string; width: number; changes: Changes }>();
  const facts = new Map<string, string>();
  const scopes: string[] = [];
  for (const [, keyword, body] of text.slice(0, end).matchAll(/\$(\w+)\s+([\s\S]*?)\s*\$end\n/g)) {
    if (keyword === 'scope') scopes.push(body!.split(' ')[1]!);
    else if (keyword === 'upscope') scopes.pop();
    else if (keyword === 'var') declare(body!, scopes, signals, byCode);
    else facts.set(keyword!, body!);
  }
  if (scopes.length > 0) throw new Error(`scope ${scopes.join('.')} is not closed`);
  const endTime = readChanges(text.slice(text.indexOf('\n', end) + 1), byCode);
  return { version: facts.get('version')!, timescale: facts.get('timescale')!, signals, endTime };
}

function declare(
  body: string,
  scopes: readonly string[],
  signals: Map<string, VcdSignal>,
  byCode: Map<string, { kind: string; width: number; changes: Changes }>,
): void {
  const match = /^(wire|reg|real|string) (\d+) ([!-~]+) (\w+)(?: \[(\d+):0\])?$/.exec(body);
  if (match === null) throw new Error(`$var ${body}`);
  const [, kind, width, code, name, high] = match;
  if (high !== undefined && Number(high) !== Number(width) - 1) throw new Error(`the range of ${name}`);
  const path = [...scopes, name].join('.');
  if (signals.has(path) || byCode.has(code!)) throw new Error(`${path} or ${code} is declared twice`);
  const signal = { kind: kind!, width: Number(width), changes: [] };
  signals.set(path, signal);
  byCode.set(code!, signal);
}

function readChanges(
  body: string,
  byCode: ReadonlyMap<string, { kind: string; width: number; changes: Changes }>,
): number {
  let time = -1;
  for (const line of body.trimEnd().split('\n')) {
    const stamp = /^#(\d+)$/.exec(line);
    if (stamp !== null) {
      if (Number(stamp[1]) <= time) throw new Error(`time ${stamp[1]} after ${time}`);
      time = Number(stamp[1]);
      continue;
    }
    const match = /^(?:b([01]+) |r(-?(?:[\d.]+(?:e[-+]?\d+)?|inf)|nan) |s(\S*) |([01]))([!-~]+)$/.exec(line);
    const signal = byCode.get(match?.[5] ?? '');
    if (match === null || signal === undefined || time < 0) throw new Error(`not a value change: ${line}`);
    const value = match[1] ?? match[2] ?? match[3] ?? match[4]!;
    const fits = signal.kind === 'real' ? match[2] !== undefined : match[2] === undefined;
    if (!fits || (match[1] ?? '').length > signal.width) throw new Error(`${line} for a ${signal.kind}`);
    signal.changes.push({ time, value });
  }
  return time;
}

/** The value at a time: that of the last change up to it. */
export function valueAt({ changes }: VcdSignal, time: number): string {
  const found = changes.findLast((change) => change.time <= time);
  if (found === undefined) throw new Error(`no value at ${time}`);
  return found.value;
}
