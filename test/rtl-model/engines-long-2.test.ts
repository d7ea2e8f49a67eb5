/** Every second design in all engines for 102,400 cycles: two files, so that two processors share the work. */
import { DESIGNS } from '../../rtl-model/designs/index.js';
import { describeLongRuns } from './long-run.js';

describeLongRuns([...DESIGNS.keys()].filter((_, i) => i % 2 === 1));
