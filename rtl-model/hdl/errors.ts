/** The error of malformed hardware: a mistake in a design, found while it is built. */
import { ConfigurationError } from '../../src/numerics/index.js';
import type { Place } from './place.js';

/** Hardware that cannot exist. The message ends with the place in the design, as `file:line`. */
export class HardwareError extends ConfigurationError {
  readonly place: Place;

  constructor(message: string, place: Place, hint?: string) {
    super(`${message} (at ${place})`, hint);
    this.name = 'HardwareError';
    this.place = place;
  }
}
