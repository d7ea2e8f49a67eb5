/** What a directive is that decides which lines are assembled. */
import type { Block, Expander } from './expander.js';
import type { SourceLine } from './source-line.js';

export interface Control {
  /** Whether it is heeded in lines that a condition skips. */
  readonly evenIfSkipped: boolean;
  /** @param isLive whether its line is not skipped */
  readonly carryOut: (expander: Expander, block: Block, line: SourceLine, isLive: boolean) => void;
}
