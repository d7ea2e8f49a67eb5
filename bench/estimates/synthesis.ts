/**
 * Runs yosys (with abc) and OpenSTA on a netlist: the figures that estimates are judged by.
 *
 * Recipe: synth -flatten; dfflibmap; abc with a driving cell, a load and a target that cannot be met; area by `stat`,
 * the longest register-to-register path by OpenSTA with an ideal clock and no wires.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface SynthesisTarget {
  readonly technology: string;
  /** `.lib` or `.lib.gz`. */
  readonly liberty: string;
  readonly driver: string;
  readonly loadFf: number;
  /** Picoseconds of the library's time unit. */
  readonly timeUnitPs: number;
}

export interface SynthesisResult {
  readonly areaUm2: number;
  readonly cells: number;
  /** Longest path between registers, set-up included. */
  readonly periodPs: number;
  readonly seconds: number;
}

const FOLDER = join('..', 'shared', 'liberty');

export const TARGETS: readonly SynthesisTarget[] = [
  target('asap7', join(FOLDER, 'asap7.lib.gz'), 'BUFx2_ASAP7_75t_R', 5, 1),
  target('gt2n', join(FOLDER, 'gt2n.lib.gz'), 'gt2_6t_buf_x2_w13_svt', 1.5, 1),
  target('ihp', join(FOLDER, 'ihp.lib.gz'), 'sg13g2_buf_2', 15, 1000),
  target('osu018', '/usr/share/qflow/tech/osu018/osu018_stdcells.lib', 'BUFX2', 50, 1000),
  target('sky130hd', join(FOLDER, 'sky130hd.lib.gz'), 'sky130_fd_sc_hd__buf_2', 12, 1000),
];

function target(
  technology: string,
  liberty: string,
  driver: string,
  loadFf: number,
  timeUnitPs: number,
): SynthesisTarget {
  return { technology, liberty, driver, loadFf, timeUnitPs };
}

/** Synthesises the module `top` of a Verilog text. Throws when a tool fails, with the end of what it printed. */
export function synthesise(verilog: string, top: string, to: SynthesisTarget): SynthesisResult {
  const folder = mkdtempSync(join(tmpdir(), 'fp4sim-synthesis-'));
  const start = performance.now();
  try {
    const liberty = unpacked(to.liberty);
    const files = {
      design: join(folder, 'design.v'),
      mapped: join(folder, 'mapped.v'),
      constraints: join(folder, 'abc.constr'),
    };
    writeFileSync(files.design, verilog);
    writeFileSync(files.constraints, `set_driving_cell ${to.driver}\nset_load ${to.loadFf}\n`);
    const printed = run('yosys', [
      '-q',
      '-p',
      `read_verilog -sv ${files.design}; synth -flatten -top ${top}; dfflibmap -liberty ${liberty}; ` +
        `abc -liberty ${liberty} -constr ${files.constraints} -D 1; opt_clean; tee -o ${folder}/stat.txt stat -liberty ${liberty}; ` +
        `write_verilog -noattr -noexpr ${files.mapped}`,
    ]);
    const report = readFileSync(`${folder}/stat.txt`, 'utf8') + printed;
    const areaUm2 = numberAfter(report, /Chip area for (?:top )?module '[^']*':\s*([\d.]+)/);
    const cells = numberAfter(report, /Number of cells:\s*(\d+)/);
    const periodPs = timePath(folder, liberty, files.mapped, top, to);
    return { areaUm2, cells, periodPs, seconds: (performance.now() - start) / 1000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function timePath(folder: string, liberty: string, mapped: string, top: string, to: SynthesisTarget): number {
  const script = join(folder, 'time.tcl');
  const period = 1e-3;
  writeFileSync(
    script,
    `read_liberty ${liberty}
read_verilog ${mapped}
link_design ${top}
create_clock -period ${period} -name clk clk
report_checks -path_delay max -from [all_registers -clock_pins] -to [all_registers -data_pins] -digits 6
exit
`,
  );
  const printed = run('sta', ['-exit', script]);
  return (period - numberAfter(printed, /(-?[\d.]+)\s+slack/)) * to.timeUnitPs;
}

const unpackedFiles = new Map<string, string>();

/** The liberty file as text on disk; unpacked once a process. */
function unpacked(path: string): string {
  if (!path.endsWith('.gz')) return path;
  let file = unpackedFiles.get(path);
  if (file === undefined || !existsSync(file)) {
    const keep = mkdtempSync(join(tmpdir(), 'fp4sim-liberty-'));
    process.on('exit', () => rmSync(keep, { recursive: true, force: true }));
    file = join(keep, 'library.lib');
    writeFileSync(file, gunzipSync(readFileSync(path)));
    unpackedFiles.set(path, file);
  }
  return file;
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 600_000,
  });
  if (error !== undefined || status !== 0) {
    throw new Error(`${program} failed: ${error?.message ?? (stderr + stdout).slice(-2000)}`);
  }
  return stdout + stderr;
}

function numberAfter(text: string, pattern: RegExp): number {
  const match = pattern.exec(text);
  if (match === null) throw new Error(`no ${pattern} in: ${text.slice(-2000)}`);
  return Number(match[1]);
}
