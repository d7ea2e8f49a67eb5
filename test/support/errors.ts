import { expect } from 'vitest';
import { ConfigurationError } from '../../src/numerics/index.js';

/** The ConfigurationError that an action throws; the test fails if it throws nothing or something else. */
export function errorOf(action: () => unknown): ConfigurationError {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  return expect.fail('nothing was thrown');
}
