/** The Makefile and the README beside the benches: one command a tool. */
import type { Manifest } from '../manifest.js';
import { adapterName } from './adapter.js';
import { nativeName } from './model/native.js';
import { modelName } from './model/prototype.js';
import type { BenchPlan } from './plan.js';
import { stagesName } from './stages.js';
import { streamName } from './stream.js';

/** A bench as the Makefile runs it. */
export interface BenchTarget {
  /** Name of the target. */
  readonly target: string;
  readonly summary: string;
  /** Of one unit: what builds and runs the bench. */
  readonly recipe: (plan: BenchPlan) => readonly string[];
  /** Whether it is about the device; the model alone is not. */
  readonly device: boolean;
}

/** A target with the units that have it. */
export type BenchRun = BenchTarget & { readonly plans: readonly BenchPlan[] };

/** Plays the vectors into a model, without a simulator. */
const modelRecipe = (plan: BenchPlan, model: string, flags: string) => [
  `$(CC) -O2 -o build-${model} ${model}.c ${modelName(plan)}_check.c ${flags}`,
  `./build-${model} $(VECTORS)`,
];

/** The SystemVerilog testbench with a model beside the device. */
const besideRecipe = (plan: BenchPlan, model: string, build: string, flags: string) => [
  `$(VERILATOR) --binary --timing $(VFLAGS) +define+WITH_DPI --Mdir ${build}-${plan.id} --top-module ${plan.id}_bench${flags} ${adapterName(plan)}.sv ${plan.id}_checker.sv ${plan.id}_bench.sv ${model}.c $(RTL)`,
  `${build}-${plan.id}/V${plan.id}_bench +vectors=$(VECTORS) $(ARGS)`,
];

/** Where the native library is, seen from anywhere. */
const HEADER = '-I$(abspath $(NATIVE))/include';
const LIBRARY = '$(abspath $(NATIVE))/binaries/libfp4sim_native.a -lpthread -ldl -lm';
/** Says what is missing before a compiler does. */
const FIND_LIBRARY =
  '@test -f $(NATIVE)/binaries/libfp4sim_native.a || { echo "no library in NATIVE=$(NATIVE): npm run build:native -- --c"; exit 1; }';

const make = (command: string) => `\t${command}`;

/** Own designs are emitted when there is no RTL; others are named by their map, or by the user. */
export function makefileText(
  manifest: Manifest,
  plans: readonly BenchPlan[],
  runs: readonly BenchRun[],
  vectors: string,
): string {
  const sources = plans.flatMap((plan) => plan.sources);
  const emitted = sources.length === 0 && manifest.kind === 'design' && plans.every((plan) => isOwn(plan));
  const names = runs.flatMap(({ target, plans: having }) => [
    target,
    ...having.map(({ id }) => `${target}-${id}`),
  ]);
  const rules = runs.flatMap(({ target, recipe, device, plans: having }) => [
    `${target}: ${having.map(({ id }) => `${target}-${id}`).join(' ')}`,
    ...having.flatMap((plan) => [
      `${target}-${plan.id}:${emitted && device ? ' $(DEVICE)' : ''}`,
      ...recipe(plan).map(make),
    ]),
    '',
  ]);
  return `# ${plans.map(({ unit }) => unit.stem).join(', ')} into ${plans.map(({ device }) => device.module).join(', ')}.
# make ${runs.map(({ target }) => target).join(' | make ')}
# VECTORS: folder of the vectors; RTL: sources of the device; ARGS: plusargs of the bench, as "+class=NAME +wave".
# NATIVE: folder \`native\` of fp4sim, for its library.
VECTORS ?= ${vectors}
ARGS ?=
NATIVE ?= native
FP4SIM ?= fp4sim
VERILATOR ?= verilator
VFLAGS = -O3 -Wno-fatal -Wno-lint --trace -CFLAGS -O1
ifndef RTL
RTL = ${sources.length > 0 ? sources.join(' ') : 'rtl/*.sv'}
${emitted ? 'DEVICE = rtl\n' : ''}endif

all: ${runs[0]!.target}

${emitted ? `rtl:\n${emitCommands(manifest, plans).map(make).join('\n')}\n\n` : ''}${rules.join('\n')}
clean:
\trm -rf build* *.vvp *.vcd results.xml sim_build __pycache__

.PHONY: all clean ${names.join(' ')}
`;
}

const isOwn = ({ unit, device }: BenchPlan) => unit.interface?.module === device.module;

/** What emits the devices, all into one folder: the design, and its lane where there are vectors of it. */
function emitCommands(manifest: Manifest, plans: readonly BenchPlan[]): string[] {
  const command = `$(FP4SIM) ${emitArguments(manifest)}`;
  const isLane = ({ unit }: BenchPlan) => unit.unit === 'lane';
  return [
    ...(plans.every(isLane) ? [] : [`${command} -o rtl`]),
    ...(plans.some(isLane) ? [`${command} --lane --force -o rtl`] : []),
  ];
}

/** `emit` for the configuration of the vectors. */
function emitArguments({ target, settings }: Manifest): string {
  const flags = Object.entries(settings).map(([name, value]) => {
    if (value === true) return name === 'pipeline' ? '' : `--${name}`;
    if (value === false) return name === 'pipeline' ? '--no-pipeline' : '';
    return `--${name} ${value}`;
  });
  return ['emit', target, ...flags.filter((flag) => flag !== '')].join(' ');
}

export const TARGETS = {
  sv: [
    {
      target: 'icarus',
      summary: 'SystemVerilog testbench in Icarus Verilog',
      device: true,
      recipe: (plan) => [
        `iverilog -g2012 -s ${plan.id}_bench -o ${plan.id}.vvp ${adapterName(plan)}.sv ${plan.id}_bench.sv $(RTL)`,
        `vvp -n ${plan.id}.vvp +vectors=$(VECTORS) $(ARGS)`,
      ],
    },
    {
      target: 'verilator',
      summary: 'the same testbench in Verilator, --binary --timing',
      device: true,
      recipe: (plan) => [
        `$(VERILATOR) --binary --timing $(VFLAGS) --Mdir build-${plan.id} --top-module ${plan.id}_bench ${adapterName(plan)}.sv ${plan.id}_bench.sv $(RTL)`,
        `build-${plan.id}/V${plan.id}_bench +vectors=$(VECTORS) $(ARGS)`,
      ],
    },
  ],
  stream: [
    {
      target: 'stream',
      summary:
        'the stream, cycle by cycle with bubbles, stalls and resets, in Icarus Verilog: for a device of the same latency',
      device: true,
      recipe: (plan) => [
        `iverilog -g2012 -s ${streamName(plan)} -o ${plan.id}_stream.vvp ${adapterName(plan)}.sv ${streamName(plan)}.sv $(RTL)`,
        `vvp -n ${plan.id}_stream.vvp +vectors=$(VECTORS) $(ARGS)`,
      ],
    },
    {
      target: 'stream-verilator',
      summary: 'the same in Verilator, --binary --timing',
      device: true,
      recipe: (plan) => [
        `$(VERILATOR) --binary --timing $(VFLAGS) --Mdir build-stream-${plan.id} --top-module ${streamName(plan)} ${adapterName(plan)}.sv ${streamName(plan)}.sv $(RTL)`,
        `build-stream-${plan.id}/V${streamName(plan)} +vectors=$(VECTORS) $(ARGS)`,
      ],
    },
  ],
  stages: [
    {
      target: 'stages',
      summary: 'stage vectors: registers inside the device after every edge, in Icarus Verilog',
      device: true,
      recipe: (plan) => [
        `iverilog -g2012 -s ${stagesName(plan)} -o ${plan.id}_stages.vvp ${adapterName(plan)}.sv ${stagesName(plan)}.sv $(RTL)`,
        `vvp -n ${plan.id}_stages.vvp +vectors=$(VECTORS) $(ARGS)`,
      ],
    },
    {
      target: 'stages-verilator',
      summary: 'the same in Verilator, --binary --timing',
      device: true,
      recipe: (plan) => [
        `$(VERILATOR) --binary --timing $(VFLAGS) --Mdir build-stages-${plan.id} --top-module ${stagesName(plan)} ${adapterName(plan)}.sv ${stagesName(plan)}.sv $(RTL)`,
        `build-stages-${plan.id}/V${stagesName(plan)} +vectors=$(VECTORS) $(ARGS)`,
      ],
    },
  ],
  verilator: [
    {
      target: 'verilator-main',
      summary: 'C++ program around a Verilator model: the fastest',
      device: true,
      recipe: (plan) => [
        `$(VERILATOR) --cc --exe --build $(VFLAGS) --Mdir build-main-${plan.id} --top-module ${adapterName(plan)} ${adapterName(plan)}.sv ${plan.id}_main.cpp $(RTL)`,
        `build-main-${plan.id}/V${adapterName(plan)} +vectors=$(VECTORS) $(ARGS)`,
      ],
    },
  ],
  cocotb: [
    {
      target: 'cocotb',
      summary: 'cocotb tests, one a class (pip install cocotb); SIM=verilator for another simulator',
      device: true,
      recipe: (plan) => [
        `VECTORS=$(abspath $(VECTORS)) $(MAKE) -f "$$(cocotb-config --makefiles)/Makefile.sim" SIM=$(or $(SIM),icarus) TOPLEVEL_LANG=verilog COCOTB_TOPLEVEL=${adapterName(plan)} TOPLEVEL=${adapterName(plan)} COCOTB_TEST_MODULES=test_${plan.id} MODULE=test_${plan.id} VERILOG_SOURCES="$(abspath ${adapterName(plan)}.sv $(wildcard $(RTL)))"`,
        "! grep -q '<failure\\|<error' results.xml",
      ],
    },
  ],
  dpi: [
    {
      target: 'model',
      summary: 'the C model against the vectors, without a simulator',
      device: false,
      recipe: (plan) => modelRecipe(plan, modelName(plan), '-lm'),
    },
    {
      target: 'dpi',
      summary: 'the SystemVerilog testbench in Verilator, with the C model beside the device through DPI',
      device: true,
      recipe: (plan) => besideRecipe(plan, modelName(plan), 'build-dpi', ''),
    },
  ],
  native: [
    {
      target: 'native',
      summary:
        'the native library (`npm run build:native -- --c` of fp4sim; NATIVE=its folder `native`) against the vectors',
      device: false,
      recipe: (plan) => [FIND_LIBRARY, ...modelRecipe(plan, nativeName(plan), `${HEADER} ${LIBRARY}`)],
    },
    {
      target: 'dpi-native',
      summary: 'as `dpi`, with the native library',
      device: true,
      recipe: (plan) => [
        FIND_LIBRARY,
        ...besideRecipe(plan, nativeName(plan), 'build-native', ` -CFLAGS ${HEADER} -LDFLAGS "${LIBRARY}"`),
      ],
    },
  ],
} as const satisfies Record<string, readonly BenchTarget[]>;

export function readmeText(
  manifest: Manifest,
  plans: readonly BenchPlan[],
  runs: readonly BenchRun[],
): string {
  const commands = runs.map(({ target, summary }) => `| \`make ${target}\` | ${summary} |`);
  const devices = plans.map((plan) => {
    const { device, latencyCycles, intervalCycles, sets } = plan;
    const when =
      latencyCycles === undefined ? 'when `done` says so' : `${latencyCycles} edges after the last operand`;
    const count = sets.reduce((sum, set) => sum + set.count, 0);
    return `- \`${device.module}\`: ${count} vectors in ${sets.length} classes; results ${when}; first vectors at least ${intervalCycles} edges apart.`;
  });
  return `# Benches for ${manifest.configuration}

| command | what runs |
|---|---|
${commands.join('\n')}

${devices.join('\n')}

\`make … VECTORS=DIR\` says where the vectors are, \`RTL="a.sv b.sv"\` what the device is made of, \`ARGS\` what is played:
\`+class=NAME\`, \`+limit=N\` (vectors of each class), \`+from=N\`, \`+bubbles=N\` (idle edges, N of 16), \`+errors=N\`, \`+wave\`.

A bench ends with a line \`PASS\` and status 0, or tells the first mismatch with its operands, plays the vectors before it
again with a waveform (\`*.vcd\`), and ends with \`FAIL\` and another status. \`*_dut.sv\` fits the ports of the device to the
names of the vectors; \`fp4sim bench --map\` makes it for other ports.
`;
}
