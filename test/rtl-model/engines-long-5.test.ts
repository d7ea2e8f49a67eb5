/** A share of the designs in all engines for 102,400 cycles: \`long-run.ts\`. */
import { describeLongRuns } from './long-run.js';

describeLongRuns(5);
