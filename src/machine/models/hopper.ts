/**
 * `hopper`: one NVIDIA H200 as measured by the project's tile programs, in SM cycles.
 *
 * Sources: "timing" is the table of measured rows `timing/tile_cycles.csv` with its README, "hopper" the measured
 * figures of `spec/hopper-timing.md`, both of the project's shared folder. "Derived" names the rows a figure was
 * derived from; the correlation report compares all rows.
 *
 * Not modelled: bank conflicts of writes and between units (the measured programs have none), the two L2 partitions apart from
 * their effect on shared data, the clock's fall under load, instruction caches, odd pitches of direct stores.
 */
import { assumed, figure, type MachineModel } from '../model.js';

export const HOPPER: MachineModel = {
  name: 'hopper',
  summary: '132 streaming multiprocessors of an H200, every figure measured or derived from measurements',
  clockMhz: figure(1980, 'timing README: SM clock during the runs'),
  cores: figure(132, 'timing README: SMs of the device'),
  streamsPerCore: figure(16, 'vendor documentation: 64 warps an SM; 16 streams of up to 4 warps'),
  issueWidth: figure(4, 'vendor documentation: four warp schedulers an SM'),
  issueCycles: {
    default: figure(3, 'derived: class 1 W0, 18 cycles a k-step beyond the MMAs, of which 2 are the fence'),
    nop: assumed(1, 'one issue slot'),
    'tile.next': figure(170, 'derived: class 7 without epilogue; divisions of a software tile scheduler'),
    'mma.fence': figure(2, 'hopper: wgmma fence; timing class 5 fixed'),
    'mma.commit': figure(11, 'hopper: commit; timing class 5 fixed'),
    'mma.wait': figure(
      25,
      'derived: class 3 W1 rows bound by issue (hopper: idle wait_group 37–50 with the clock reads)',
    ),
    'bar.arrive': figure(8, 'hopper: arrive 12–16; timing class 5 fixed'),
    'bar.expect': figure(12, 'as an arrival: hopper'),
    'ld.tile': figure(25, 'derived: timing class 5 bulk_issue, 60 cycles for expect_tx and one copy'),
  },
  sharedMemoryBytes: figure(227 * 1024, 'vendor documentation: shared memory of a thread block'),
  banks: {
    count: figure(32, 'vendor documentation: banks of shared memory'),
    wordBytes: figure(4, 'vendor documentation; hopper: 32 × 4 B are the measured 128 B/cycle'),
    swizzleBytes: figure(128, 'timing README: 128-byte swizzle of the measured tiles, the widest there is'),
  },
  accumulatorBytes: figure(256 * 1024, 'vendor documentation: register file of an SM'),
  barrierLatencyCycles: figure(9, 'hopper: arrive to seen 55 with a converged warp, less its poll'),
  poll: {
    warpThreads: figure(32, 'vendor documentation'),
    warpCycles: figure(46, 'hopper: try_wait on a ready barrier 42–51, one warp'),
    furtherWarpCycles: figure(9, 'derived: class 3 W0 rows; hopper: 92 with four warps and the clock reads'),
    wakeCycles: figure(46, 'hopper: arrive to seen 55 with a converged warp, less the latency'),
    laneCycles: figure(124, 'derived: class 2 prodcons_l and 3 W1_l, 230–240 cycles a small k-step'),
    laneWakeCycles: figure(
      215,
      'timing README, traps: one lane sees the flip 55 to 218 cycles late; class 2 and 3, S = 1 and 2',
    ),
    contentionCycles: figure(
      5,
      'derived: class 2, 183 / 193 / 212 cycles a small k-step with 4 / 8 / 12 waiting warps against 154',
    ),
  },
  copy: {
    queueDepth: assumed(64, 'never seen to be full in the measured programs'),
    loadLatencyCycles: figure(
      250,
      'derived: timing class 5 bulk_complete, issue to seen 309–326 at few bytes',
    ),
    loadBytesPerCycle: figure(106, 'timing README, class 2 self_u: 106 B/cycle'),
    loadOverheadCycles: figure(0, 'hopper: two copies on one barrier cost as one of the sum'),
    storeLatencyCycles: figure(48, 'derived: class 4 bulkstore rows'),
    storeBytesPerCycle: figure(31, 'hopper: bulk store 31 B/cycle'),
    combineCost: assumed(
      2,
      'L2 reads and writes each byte that it adds or compares; no reduction was measured',
    ),
  },
  store: {
    direct: {
      latencyCycles: figure(760, 'timing class 4 stg_f32 epi_drained: 745 + bytes/32'),
      sectorBytes: figure(32, 'vendor documentation: sector of L2'),
      elementsPerWrite: figure(8, 'timing README class 4: 4 lanes × 2 elements of a row'),
      sectorCycles: figure(1, 'hopper: st.global f32 32 B/cycle/SM'),
      partialSectorCycles: figure(2, 'hopper: bf16 half sectors about 8 B/cycle'),
      issueBytesPerCycle: figure(95, 'timing class 4 stg_f32: 16 KB issued in 172 cycles'),
      queueCycles: figure(330, 'timing class 4 epi_issue, one warpgroup, against bytes/32 and bytes/8'),
      readCycles: figure(680, 'derived: class 7 with epilogue against without: bytes/32 + 170 to 520 a tile'),
    },
    bulk: {
      latencyCycles: figure(60, 'derived: timing class 4 bulkstore rows'),
      stagingBytesPerCycle: figure(137, 'timing class 4 epi_bulk_issued, one warpgroup'),
      bytesPerCycle: figure(31, 'hopper: bulk store 31 B/cycle'),
    },
  },
  l2BytesPerCycle: figure(4700, 'hopper: private data in L2 about 4.7 KB/cycle in all'),
  memory: {
    sharedCost: figure(0.5, 'derived: hopper, 71–79 B/cycle/SM on the same data, 54–63 in sharing GEMMs'),
    l2Bytes: figure(60 * 1024 * 1024, 'timing README: L2 60 MiB'),
    dramBytesPerCycle: figure(2400, 'hopper: DRAM about 18 B/cycle/SM on 132 SMs'),
    dramLatencyCycles: figure(406, 'hopper: 16 B from DRAM 699 against 293'),
  },
  mma: {
    queueDepth: assumed(
      16,
      'steps; deep enough that issue order is service order (class 1, acc_ready_first_wg)',
    ),
    rate: {
      kind: 'steps',
      rows: figure(64, 'hopper: wgmma m64'),
      depthBytes: figure(32, 'hopper: k32 of 8-bit, k16 of 16-bit elements'),
      issueCycles: figure(
        10,
        'derived: class 3 W1, 64 × 32, 177 against 156 cycles a k-step of 4 and 2 steps',
      ),
      ports: {
        shared: [
          {
            name: 'multipliers',
            cycles: figure(0, 'hopper: max(N/2, 16 + N/4)'),
            cyclesPerColumn: figure(0.5, 'hopper: max(N/2, 16 + N/4)'),
          },
          {
            name: 'shared memory',
            readsBanks: true,
            cycles: figure(16, 'hopper: 64 × 32 bytes of A at 128 B/cycle'),
            cyclesPerColumn: figure(0.25, 'hopper: 32 bytes a column of B at 128 B/cycle'),
          },
        ],
        registers: [
          {
            name: 'multipliers',
            cycles: figure(0, 'hopper: RS dependent chain'),
            cyclesPerColumn: figure(0.5, 'hopper: RS dependent chain'),
          },
          {
            name: 'register reads',
            cycles: figure(17, 'hopper: RS dependent chain 16 / 17 / 17 up to N = 32'),
            cyclesPerColumn: figure(0, 'hopper: RS dependent chain'),
          },
        ],
      },
      latencyCycles: {
        shared: figure(40, 'hopper: 65 + N/2 from issue to wait done, less the wait'),
        registers: figure(26, 'hopper: 51 + N/2 from issue to wait done, less the wait'),
      },
      latencyPerColumn: figure(0.5, 'hopper: 65 + N/2, 51 + N/2'),
      restart: {
        columns: figure(128, 'hopper: commit + wait after each, N = 256'),
        cycles: figure(8, 'hopper: commit + wait after each, N = 256: 190 where 54 + N/2 gives 182'),
      },
    },
  },
  vector: {
    queueDepth: assumed(8, 'one epilogue of a few steps'),
    lanes: figure(128, 'vendor documentation: FP32 lanes of an SM'),
    latencyCycles: assumed(5, 'a dependent FP32 instruction'),
  },
  defaultSemantic: 'hopper-wgmma-fp8',
};
