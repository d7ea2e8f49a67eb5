/** How a core stores: by the threads through a port, staged through shared memory, or straight by the copy engine. */
import type { CopyOperation, StallReason } from '../../../isa/index.js';
import type { Listener, Origin } from '../events.js';
import type { MachineModel } from '../model.js';
import { duration } from '../time.js';
import { CopyChannel } from './copy-channel.js';
import type { L2 } from './l2.js';
import { StorePort } from './store-port.js';

/** Whose operation it is, and how the stream hears of what becomes of it. */
export interface Issuer {
  readonly origin: Origin;
  /** The result is visible. */
  readonly onDone: (cycle: number) => void;
  /** The stream is held until this cycle. */
  readonly hold: (until: number) => void;
}

/** What happens to a store when its source has been read, and when it is acknowledged. */
export interface StoreMoments {
  readonly onRead: (cycle: number) => void;
  readonly onDone: (cycle: number) => void;
}

export interface StoreUnitOptions {
  readonly core: number;
  readonly copy: MachineModel['copy'];
  readonly paths: MachineModel['store'];
  readonly l2: L2;
  readonly listener: Listener;
}

export class StoreUnit {
  readonly channel: CopyChannel;
  /** Only machines whose threads store have one. */
  readonly port: StorePort | undefined;
  /** Bulk stores pass through shared memory one after the other. */
  #stagingFreeAt = 0;

  constructor(private readonly options: StoreUnitOptions) {
    const { core, copy, paths, l2, listener } = options;
    this.channel = new CopyChannel({
      core,
      l2,
      listener,
      direction: 'store',
      queueDepth: copy.queueDepth.value,
      latencyCycles: copy.storeLatencyCycles.value,
      overheadCycles: 0,
      bytesPerCycle: copy.storeBytesPerCycle.value,
    });
    this.port = paths && new StorePort({ core, figures: paths.direct, l2, listener });
  }

  canAccept(): StallReason | null {
    return this.channel.canAccept();
  }

  /** By the threads, staged through shared memory, or, on a machine without either, straight by the copy engine. */
  start(
    operation: CopyOperation,
    bytes: number,
    elementBytes: number,
    cycle: number,
    issuer: Issuer,
    moments: StoreMoments,
  ): void {
    const { paths } = this.options;
    const { origin } = issuer;
    if (paths === undefined || this.port === undefined) {
      this.copy(operation, bytes, cycle, issuer, moments);
    } else if (operation.path === 'bulk') {
      const { latencyCycles, stagingBytesPerCycle } = paths.bulk;
      const staging = duration(bytes / stagingBytesPerCycle.value);
      this.#stagingFreeAt = Math.max(this.#stagingFreeAt, cycle) + staging;
      const staged = Math.ceil(this.#stagingFreeAt + latencyCycles.value);
      issuer.hold(staged);
      this.copy(operation, bytes, staged, issuer, moments);
    } else {
      issuer.hold(Number.POSITIVE_INFINITY);
      this.port.accept({ operation, origin, bytes, elementBytes, onIssued: issuer.hold, ...moments }, cycle);
    }
  }

  /** By the copy engine, which reads as it acknowledges. */
  copy(
    operation: CopyOperation,
    bytes: number,
    requestedAt: number,
    { origin }: Issuer,
    { onRead, onDone }: StoreMoments,
  ): void {
    const both = (now: number): void => {
      onRead(now);
      onDone(now);
    };
    const { combineCost } = this.options.copy;
    const combining = { access: () => ({ delayCycles: 0, cost: combineCost.value }) };
    const dearer = operation.part === undefined && !operation.maximum ? {} : combining;
    this.channel.accept({ operation, origin, bytes, requestedAt, onDone: both, ...dearer });
  }
}
