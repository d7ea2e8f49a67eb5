/**
 * `fp4core`: a small tensor-core machine built from this project's own MACs.
 *
 * Not modelled: DRAM behind L2 (every access hits), clock scaling.
 */
import { assumed, type MachineModel } from '../model.js';

export const FP4CORE: MachineModel = {
  name: 'fp4core',
  summary:
    'four small cores, each an 8 × 8 grid of this project’s 64-lane nvfp4-fused35 MACs, sharing one L2',
  clockMhz: assumed(600, 'near the 1.44 ns minimum period measured for an exact NVFP4 MAC on ASAP7'),
  cores: assumed(4, 'enough for the cores to contend for L2'),
  streamsPerCore: assumed(8, 'a producer, a few consumers and an epilogue'),
  issueWidth: assumed(1, 'one scalar pipeline a core'),
  issueCycles: { default: assumed(1, 'a scalar pipeline with forwarding') },
  sharedMemoryBytes: assumed(128 * 1024, 'a small SRAM: half of a current data-centre SM'),
  banks: {
    count: assumed(64, 'both operands of an 8 × 8 × 64 step of 4-bit elements in a cycle: 512 B'),
    wordBytes: assumed(8, 'one 64-bit SRAM a bank'),
    swizzleBytes: assumed(512, 'the copy engine permutes rows of up to all banks'),
  },
  accumulatorBytes: assumed(128 * 1024, 'two FP32 accumulators of 128 × 128'),
  barrierLatencyCycles: assumed(4, 'a write and a poll of on-chip SRAM'),
  poll: {
    warpThreads: assumed(32, 'as programs written for real tensor cores count them'),
    warpCycles: assumed(1, 'part of the barrier latency'),
    furtherWarpCycles: assumed(0, 'a stream is one thread'),
    wakeCycles: assumed(1, 'part of the barrier latency'),
    laneCycles: assumed(1, 'a stream is one thread'),
    laneWakeCycles: assumed(1, 'a stream is one thread'),
    contentionCycles: assumed(0, 'a waiting stream is woken, it does not poll'),
  },
  copy: {
    queueDepth: assumed(16, 'eight k-steps of two operands'),
    loadLatencyCycles: assumed(120, 'an L2 hit at this clock'),
    loadBytesPerCycle: assumed(64, 'one 512-bit port'),
    loadOverheadCycles: assumed(0, 'copies follow each other without a gap'),
    storeLatencyCycles: assumed(60, 'half a load: no round trip'),
    storeBytesPerCycle: assumed(32, 'one 256-bit port'),
    combineCost: assumed(2, 'L2 reads and writes each byte that it adds or compares'),
  },
  l2BytesPerCycle: assumed(192, 'three of the four load ports at once: cores contend'),
  mma: {
    queueDepth: assumed(8, 'four k-steps of two instructions'),
    rate: {
      kind: 'grid',
      rows: assumed(8, 'one row of MACs an operand row'),
      cols: assumed(8, 'one column of MACs an operand row'),
      mac: { from: 'netlist', design: 'nvfp4-fused35' },
    },
  },
  vector: {
    queueDepth: assumed(8, 'one epilogue of a few steps'),
    lanes: assumed(64, 'a quarter of the accumulator row of the grid'),
    latencyCycles: assumed(4, 'an FP32 multiply'),
  },
  quantize: {
    queueDepth: assumed(8, 'as the vector unit'),
    pipelines: assumed(4, '64 elements a cycle by the NVFP4 design: twice what the load port brings in bf16'),
    lanes: assumed(16, 'one block a cycle, as the NVFP4 design'),
    latencyCycles: assumed(6, 'one stage more than the NVFP4 design'),
    transposeCycles: assumed(16, 'a block of rows is gathered before its first column is whole'),
  },
  defaultSemantic: 'blackwell-mxf4nvf4',
};
