import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  figureKind,
  figuresOf,
  loadMachine,
  MACHINE_MODELS,
  type MachineModel,
  parseMachine,
  runProgram,
} from '../../src/machine/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import { machineYaml } from '../../src/report/index.js';
import { fp4sim, scratchFolder } from '../support/cli.js';
import { programOf, SMALL_GEMM } from '../support/programs.js';

const MODELS = [...MACHINE_MODELS.values()];
const FILE = 'mine.yaml';

/** What is said of a file that cannot be used. */
function refusal(text: string): string {
  try {
    parseMachine(text, FILE);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('the model was accepted');
}

const figures = (...lines: string[]): string =>
  `extends: hopper\nfigures:\n${lines.map((line) => `  ${line}\n`).join('')}`;

describe('every figure of a shipped model', () => {
  it.each(MODELS)('$name has a unit and lies in its range', (model) => {
    for (const { path, figure } of figuresOf(model)) {
      const kind = figureKind(path);
      expect(kind, path).toBeDefined();
      expect(figure.value, path).toBeGreaterThanOrEqual(kind!.least);
      expect(figure.value, path).toBeLessThanOrEqual(kind!.most);
      if (kind!.whole) expect(Number.isInteger(figure.value), path).toBe(true);
    }
  });

  it.each(MODELS)('$name is the same model when it is printed as YAML and read', (model) => {
    const read = parseMachine(machineYaml(model), FILE);
    expect(figuresOf(read)).toEqual(figuresOf(model));
    expect(read).toMatchObject({ name: `my-${model.name}`, defaultSemantic: model.defaultSemantic });
    expect(parseMachine(machineYaml(read), FILE)).toEqual(read);
  });
});

describe('a model of a user', () => {
  const cyclesOn = (machine: MachineModel): number =>
    runProgram(programOf(SMALL_GEMM, { K: 1024 }), { machine, values: 'none' }).result.cycles;

  it('changes what its file says and nothing else', () => {
    const text = `extends: fp4core\nfigures:\n  copy.loadLatencyCycles: { value: 1120, unit: cycles, source: a test }\n`;
    const model = parseMachine(text, '/some/slow-l2.yaml');
    expect(model.name).toBe('slow-l2');
    const base = MACHINE_MODELS.get('fp4core')!;
    const changed = figuresOf(model).filter(
      ({ figure }, i) => figure.value !== figuresOf(base)[i]!.figure.value,
    );
    expect(changed).toEqual([{ path: 'copy.loadLatencyCycles', figure: { value: 1120, source: 'a test' } }]);
    expect(base.copy.loadLatencyCycles.value).toBe(120);
    // Two stages of two operands: a thousand cycles more for each pair of k-steps of each of the sixteen.
    expect(cyclesOn(model) - cyclesOn(base)).toBe(8 * 1000);
  });

  it('can give an instruction a cost of its own', () => {
    const model = parseMachine(
      figures('issueCycles.st.wait: { value: 7, unit: cycles, source: a test }'),
      FILE,
    );
    expect(model.issueCycles['st.wait']).toEqual({ value: 7, source: 'a test' });
  });

  it('can have another MAC, and figures in place of a netlist', () => {
    const mac = figuresOf(parseMachine('extends: fp4core\nmac: nvfp4-exact\n', FILE));
    const depth = mac.find(({ path }) => path === 'mma.rate.mac.depth')!.figure;
    expect(depth.source).toMatch(/netlist of nvfp4-exact/);
    const text =
      'extends: fp4core\nfigures:\n  mma.rate.mac.depth: { value: 128, unit: products/cycle, source: t }\n';
    const found = figuresOf(parseMachine(text, FILE)).filter(({ path }) => path.startsWith('mma.rate.mac.'));
    expect(found.map(({ figure }) => figure.value)).toEqual([128, expect.any(Number)]);
    expect(found[1]!.figure.source).toMatch(/netlist/);
  });

  it('can change one port of several', () => {
    const path = 'mma.rate.ports.shared.1.cycles';
    const model = parseMachine(figures(`${path}: { value: 3.5, unit: cycles, source: a test }`), FILE);
    const ports = figuresOf(model).filter(({ path: p }) => /ports\.shared\.\d\.cycles$/.test(p));
    expect(ports.map(({ figure }) => figure.value)).toEqual([0, 3.5]);
  });
});

describe('a file with nonsense is refused with its line and', () => {
  it.each([
    [
      'the nearest field',
      'extends: hopper\nfigres: {}\n',
      'mine.yaml:2:1: unknown field "figres": did you mean "figures"?',
    ],
    [
      'the nearest figure',
      figures('copy.loadBytePerCycle: { value: 1, unit: B/cycle, source: x }'),
      'mine.yaml:3:3: unknown figure of a model on hopper "copy.loadBytePerCycle": did you mean "copy.loadBytesPerCycle"?',
    ],
    [
      'the nearest part of a figure',
      figures('cores: { vlaue: 1, unit: cores, source: x }'),
      /mine\.yaml:3:\d+: unknown field of cores "vlaue": did you mean "value"\?/,
    ],
    [
      'the range',
      figures('cores: { value: 0, unit: cores, source: x }'),
      'mine.yaml:3:12: cores is 0: expected a whole number, 1 to 1,024 cores',
    ],
    [
      'the range, of a fraction',
      figures('copy.queueDepth: { value: 2.5, unit: operations, source: x }'),
      /copy\.queueDepth is 2\.5: expected a whole number/,
    ],
    [
      'the range, of no number',
      figures('clockMhz: { value: .nan, unit: MHz, source: x }'),
      /0\.001 to 100,000 MHz/,
    ],
    [
      'the range, of a text',
      figures('clockMhz: { value: fast, unit: MHz, source: x }'),
      /clockMhz is "fast": expected/,
    ],
    [
      'the unit',
      figures('l2BytesPerCycle: { value: 12, unit: GB/s, source: x }'),
      /is in "GB\/s": expected B\/cycle/,
    ],
    ['the missing unit', figures('cores: { value: 4, source: x }'), /cores lacks its unit: cores/],
    [
      'the missing source',
      figures('cores: { value: 4, unit: cores }'),
      /cores lacks its source: who measured/,
    ],
    [
      'the empty source',
      figures('cores: { value: 4, unit: cores, source: " " }'),
      /the source of cores is "": expected who/,
    ],
    [
      'the missing value',
      figures('cores: { unit: cores, source: x }'),
      /cores lacks its value: a whole number, 1 to/,
    ],
    [
      'the form of a figure',
      figures('cores: 12'),
      /cores is 12: expected \{ value: …, unit: cores, source: … \}/,
    ],
    [
      'the known models',
      'extends: hoper\n',
      'mine.yaml:1:1: expected the model to start from: fp4core, hopper, blackwell, not "hoper"',
    ],
    [
      'the taken name',
      'extends: hopper\nname: blackwell\n',
      /mine\.yaml:2:1: name: "blackwell" is a model of fp4sim/,
    ],
    ['the bad name', 'extends: hopper\nname: "../x"\n', /mine\.yaml:2:1: expected a letter/],
    ['the nearest design', 'extends: fp4core\nmac: nvfp4-exct\n', /mine\.yaml:2:1: mac: unknown design/],
    ['what a MAC needs', 'extends: hopper\nmac: nvfp4-exact\n', /mma unit of hopper is no grid/i],
    [
      'the nearest semantic',
      'extends: hopper\ndefault-semantic: exat\n',
      /mine\.yaml:2:1: default-semantic: unknown/,
    ],
    [
      'the rest of a part',
      'extends: fp4core\nfigures:\n  memory.l2Bytes: { value: 65536, unit: B, source: x }\n',
      /memory is incomplete: it lacks memory\.sharedCost, memory\.dram/,
    ],
    ['the kind of file', '', /expected a machine model/],
    ['the kind of file, of a list', '- 1\n', /expected a machine model/],
    ['the fault of the YAML', 'extends: hopper\nfigures:\n  a: [1\n', /mine\.yaml:4:1: not YAML: /],
    [
      'the double key',
      'extends: hopper\nextends: hopper\n',
      /mine\.yaml:2:1: not YAML: Map keys must be unique/,
    ],
  ])('%s', (_what, text, message) => expect(refusal(text)).toMatch(message));

  it('all that is wrong, in the order of the lines, at most twenty', () => {
    const mnemonics = ['add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shr', 'min', 'max', 'slt', 'sltu'];
    const lines = [...mnemonics, ...mnemonics.map((_, i) => `x${i}`)].map(
      (name) => `issueCycles.${name}: { value: 0, unit: cycle, source: x }`,
    );
    const said = refusal(figures(...lines)).split('\n');
    expect(said).toHaveLength(21);
    expect(said[0]).toMatch(/mine\.yaml:3:\d+: issueCycles\.add is 0/);
    expect(said.at(-1)).toMatch(/^and \d+ more$/);
  });
});

describe('a hostile file is bounded', () => {
  const spent = (work: () => void): number => {
    const { user } = process.cpuUsage();
    work();
    return (process.cpuUsage().user - user) / 1e6;
  };

  it('aliases are not resolved', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}]`);
    expect(refusal(`l0: &l0 [1]\n${levels.join('\n')}\n`)).toMatch(/alias/i);
    expect(refusal('extends: &x hopper\nname: *x\n')).toMatch(/alias/i);
  });

  it.each([
    ['lists in lists', '['.repeat(60_000)],
    ['maps in maps', '{a: '.repeat(15_000)],
    ['indented maps', Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['many keys', Array.from({ length: 3_000 }, (_, i) => `k${i}: 1`).join('\n')],
    ['many figures', figures(...Array.from({ length: 1_000 }, (_, i) => `f${i}: {value: 1}`))],
    ['__proto__', 'extends: hopper\n__proto__: { name: x }\n'],
    ['a long scalar', `extends: ${'h'.repeat(60_000)}`],
    ['a long figure', figures(`${'c'.repeat(60_000)}: 1`)],
    ['a tag', 'extends: !!js/function "function () {}"\n'],
  ])('%s', (_what, text) => {
    let said = '';
    expect(spent(() => (said = refusal(text)))).toBeLessThan(5);
    expect(said.length).toBeLessThan(10_000);
  });

  it('large files and what is no file are not read', () => {
    const folder = scratchFolder();
    const file = join(folder, 'large.yaml');
    writeFileSync(file, `extends: hopper\n#${'x'.repeat(65_536)}`);
    expect(() => loadMachine(file)).toThrow(/has 65553 bytes, at most 65536/);
    mkdirSync(join(folder, 'folder.yaml'));
    expect(() => loadMachine(join(folder, 'folder.yaml'))).toThrow(/it is no file/);
    expect(() => loadMachine(join(folder, 'none.yaml'))).toThrow(/no such file/);
  });
});

describe('on the command line', () => {
  it('a printed model is a file that run takes, and the report names it', () => {
    const folder = scratchFolder();
    const file = join(folder, 'mine.yaml');
    const { stdout } = fp4sim(['machines', 'fp4core', '--yaml']);
    writeFileSync(file, stdout.replace('value: 120,', 'value: 620,'));
    const run = (...options: string[]) =>
      JSON.parse(fp4sim(['run', 'programs/gemm_nvfp4.s', '--timing-only', '--json', ...options]).stdout);
    const [own, changed] = [run(), run('--machine', file)];
    expect(changed.machine).toBe('my-fp4core');
    expect(changed.cycles).toBeGreaterThan(own.cycles + 500);
    expect(changed.configuration).toMatch(/^machine=my-fp4core@/);
    expect(fp4sim(['machines', file]).stdout).toMatch(/copy\.loadLatencyCycles +620 +cycles/);
  });

  it('a bad file ends with status 2 and nothing on stdout', () => {
    const file = join(scratchFolder(), 'bad.yaml');
    writeFileSync(file, 'extends: hoper\n');
    const { status, stdout, stderr } = fp4sim(['run', 'programs/gemm_nvfp4.s', '--machine', file]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/bad\.yaml:1:1: [\s\S]*hint: a model to start from: fp4sim machines NAME --yaml/);
    expect(fp4sim(['machines', '--help']).stdout).toMatch(/extends: hopper/);
  });
});
