/**
 * `blackwell`: a machine after the public figures of NVIDIA's Blackwell data-centre GPUs. None was measured for this
 * project; what is not public is an assumption and says so, most of it taken over from the measured `hopper`.
 *
 * Not modelled: pairs of SMs that share operands, the staging of scales in tensor memory, the second die's latency.
 */
import { assumed, figure, type MachineModel } from '../model.js';

const PTX = 'PTX ISA, tcgen05';
const MICROBENCHMARKS = 'arXiv 2512.02189';
const DISSECTION = 'SemiAnalysis, Dissecting Nvidia Blackwell, 2026-03-31';
const AS_HOPPER = 'as measured on Hopper';

export const BLACKWELL: MachineModel = {
  name: 'blackwell',
  summary: '148 streaming multiprocessors with tensor memory, from public figures; the rest assumed',
  clockMhz: assumed(1850, 'with which the derived rate gives the published peaks'),
  cores: assumed(148, 'SMs that the derived rate is based on'),
  streamsPerCore: assumed(16, AS_HOPPER),
  issueWidth: assumed(4, AS_HOPPER),
  issueCycles: {
    default: assumed(3, AS_HOPPER),
    nop: assumed(1, AS_HOPPER),
    'tile.next': assumed(170, AS_HOPPER),
    'mma.fence': assumed(2, AS_HOPPER),
    'mma.commit': assumed(11, AS_HOPPER),
    'mma.wait': assumed(25, AS_HOPPER),
    'bar.arrive': assumed(8, AS_HOPPER),
    'bar.expect': assumed(12, AS_HOPPER),
    'ld.tile': assumed(25, AS_HOPPER),
  },
  sharedMemoryBytes: figure(227 * 1024, `${DISSECTION}: 228 KB an SM, of which 1 KB is reserved`),
  banks: {
    count: assumed(32, AS_HOPPER),
    wordBytes: assumed(4, AS_HOPPER),
    swizzleBytes: assumed(128, AS_HOPPER),
  },
  accumulatorBytes: figure(
    256 * 1024,
    `${PTX}; ${MICROBENCHMARKS}: tensor memory, 128 lanes × 512 columns × 4 B`,
  ),
  barrierLatencyCycles: assumed(9, AS_HOPPER),
  poll: {
    warpThreads: assumed(32, AS_HOPPER),
    warpCycles: assumed(46, AS_HOPPER),
    furtherWarpCycles: assumed(9, AS_HOPPER),
    wakeCycles: assumed(46, AS_HOPPER),
    laneCycles: assumed(124, AS_HOPPER),
    laneWakeCycles: assumed(215, AS_HOPPER),
    contentionCycles: assumed(5, AS_HOPPER),
  },
  copy: {
    queueDepth: assumed(64, AS_HOPPER),
    loadLatencyCycles: assumed(250, AS_HOPPER),
    loadBytesPerCycle: assumed(128, 'the width of shared memory, 128 B/cycle'),
    loadOverheadCycles: assumed(0, AS_HOPPER),
    storeLatencyCycles: assumed(48, AS_HOPPER),
    storeBytesPerCycle: assumed(31, AS_HOPPER),
    combineCost: assumed(2, 'L2 reads and writes each byte that it adds or compares'),
  },
  l2BytesPerCycle: assumed(6000, 'Hopper’s, scaled by the copies’ growth'),
  memory: {
    sharedCost: assumed(0.53, AS_HOPPER),
    l2Bytes: assumed(100 * 1024 * 1024, 'twice Hopper’s: two dies'),
    dramBytesPerCycle: assumed(4300, '8 TB/s at this clock'),
    dramLatencyCycles: figure(
      420,
      `${MICROBENCHMARKS}: miss path through tensor memory, as the paper states it`,
    ),
  },
  mma: {
    queueDepth: assumed(16, AS_HOPPER),
    rate: {
      kind: 'steps',
      rows: figure(128, `${PTX}: m128 on one SM`),
      depthBytes: figure(32, `${PTX}: k64 of 4-bit, k32 of 8-bit elements`),
      issueCycles: assumed(10, AS_HOPPER),
      ports: {
        shared: [
          {
            name: 'multipliers',
            cycles: assumed(0, 'no fixed part'),
            cyclesPerColumn: figure(0.5, 'derived from published peaks: m128n256k64 NVFP4 in 128 cycles'),
          },
          {
            name: 'shared memory',
            readsBanks: true,
            cycles: figure(32, `${DISSECTION}: 128 B/cycle bound below N = 128; 128 × 32 bytes of A`),
            cyclesPerColumn: figure(0.25, `${DISSECTION}: 32 bytes a column of B at 128 B/cycle`),
          },
        ],
        registers: [
          {
            name: 'multipliers',
            cycles: assumed(0, 'A in tensor memory does not load the shared memory'),
            cyclesPerColumn: figure(0.5, 'derived from published peaks: m128n256k64 NVFP4 in 128 cycles'),
          },
        ],
      },
      latencyCycles: { shared: assumed(40, AS_HOPPER), registers: assumed(26, AS_HOPPER) },
      latencyPerColumn: assumed(0.5, AS_HOPPER),
      restart: {
        columns: assumed(256, 'accumulators stay in tensor memory'),
        cycles: assumed(0, 'likewise'),
      },
    },
  },
  vector: {
    queueDepth: assumed(8, AS_HOPPER),
    lanes: assumed(128, AS_HOPPER),
    latencyCycles: assumed(5, AS_HOPPER),
  },
  defaultSemantic: 'blackwell-mxf4nvf4',
};
