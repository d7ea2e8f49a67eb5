/**
 * Writing Value Change Dumps, for GTKWave, Surfer and everything else that shows waveforms.
 * Source: IEEE Std 1364-2005, clause 18; `string` variables are GTKWave's extension, which Surfer reads as well.
 *
 * Not written: x and z (the simulators of this project have two values), a date (the same run gives the same bytes).
 */

/** `reg` and `wire` hold bits, `real` a double, `string` a text. */
export type VcdKind = 'wire' | 'reg' | 'real' | 'string';

export interface VcdVariable {
  /** Enclosing scopes, outermost first. Variables of one scope stand together, in the order of the scopes' first use. */
  readonly scope: readonly string[];
  readonly name: string;
  readonly kind: VcdKind;
  /** In bits; 64 for `real`, 1 for `string`. */
  readonly width: number;
}

export type VcdValue = bigint | number | string;

const FIRST_CODE = 33;
const CODES = 94;

/** A dump that grows value by value. Times are multiples of 1 ns and never go back. */
export class VcdWriter {
  readonly #variables: readonly VcdVariable[];
  readonly #last: (VcdValue | undefined)[];
  readonly #lines: string[];
  #time = -1;

  constructor(version: string, variables: readonly VcdVariable[]) {
    this.#variables = variables;
    this.#last = new Array<VcdValue | undefined>(variables.length).fill(undefined);
    this.#lines = [
      `$version ${version} $end`,
      '$timescale 1ns $end',
      ...declarations(variables),
      '$enddefinitions $end',
    ];
  }

  /** The value of a variable (by its index) from a time on; nothing is written if it has not changed. */
  set(time: number, index: number, value: VcdValue): void {
    if (Object.is(this.#last[index], value)) return;
    if (time < this.#time) throw new RangeError(`time ${time} after time ${this.#time}`);
    if (time > this.#time) this.#lines.push(`#${time}`);
    this.#time = time;
    this.#last[index] = value;
    this.#lines.push(changeText(this.#variables[index]!, codeOf(index), value));
  }

  /** The dump, up to an end time at which the last values still hold. */
  text(endTime: number): string {
    return `${[...this.#lines, `#${endTime}`].join('\n')}\n`;
  }
}

/** Identifier code of a variable: printable characters. */
function codeOf(index: number): string {
  let code = '';
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / CODES)) {
    code += String.fromCharCode(FIRST_CODE + ((rest - 1) % CODES));
  }
  return code;
}

function changeText({ kind, width }: VcdVariable, code: string, value: VcdValue): string {
  if (kind === 'real') return `r${realText(Number(value))} ${code}`;
  if (kind === 'string') return `s${String(value).replaceAll(/\s/g, '_')} ${code}`;
  const bits = BigInt.asUintN(width, BigInt(value)).toString(2);
  return width === 1 ? `${bits}${code}` : `b${bits} ${code}`;
}

/** As C's `%.16g` writes and `strtod` reads it. */
function realText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

interface ScopeNode {
  readonly children: Map<string, ScopeNode>;
  readonly lines: string[];
}

function declarations(variables: readonly VcdVariable[]): string[] {
  const root: ScopeNode = { children: new Map(), lines: [] };
  variables.forEach(({ scope, name, kind, width }, index) => {
    let node = root;
    for (const part of scope) {
      let child = node.children.get(part);
      if (child === undefined) {
        child = { children: new Map(), lines: [] };
        node.children.set(part, child);
      }
      node = child;
    }
    const range = width > 1 && kind !== 'real' ? ` [${width - 1}:0]` : '';
    node.lines.push(`$var ${kind} ${width} ${codeOf(index)} ${name}${range} $end`);
  });
  return scopeLines(root);
}

function scopeLines({ children, lines }: ScopeNode): string[] {
  const below = [...children].flatMap(([name, child]) => [
    `$scope module ${name} $end`,
    ...scopeLines(child),
    '$upscope $end',
  ]);
  return [...lines, ...below];
}
