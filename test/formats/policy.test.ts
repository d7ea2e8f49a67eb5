import { describe, expect, it } from 'vitest';
import {
  BASE_POLICY,
  BLOCK_FORMATS,
  defaultPolicy,
  NVFP4,
  POLICY_FIELDS,
  POLICY_PRESETS,
  parsePolicy,
  policyLike,
  policySummary,
  policyText,
  resolvePolicy,
} from '../../src/formats/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import { errorOf } from '../support/errors.js';

describe('a policy', () => {
  it('survives its own text', () => {
    const policy = parsePolicy('mse,tiling=16x16,stochastic,seed=17,outlier-quantile=0.99');
    expect(parsePolicy(policyText(policy))).toEqual(policy);
    expect(policySummary(policy)).toBe(
      'rule=mse,rounding=stochastic,tiling=16x16,outlier-quantile=0.99,seed=17',
    );
    expect(policySummary(BASE_POLICY)).toBe('');
  });

  it('takes a value alone where it belongs to one field', () => {
    expect(parsePolicy('abs_max').rule).toBe('abs_max');
    expect(errorOf(() => parsePolicy('clamp')).message).toContain('write field=value');
  });

  it('names the nearest field and value', () => {
    expect(errorOf(() => parsePolicy('roundign=stochastic')).hint).toContain('rounding');
    expect(errorOf(() => parsePolicy('rule=mes')).hint).toContain('mse');
    expect(errorOf(() => parsePolicy('stochstic')).hint).toContain('stochastic');
  });

  it('checks numbers against their range', () => {
    expect(errorOf(() => parsePolicy('seed=-1')).message).toContain('from 0');
    expect(errorOf(() => parsePolicy('seed=1.5')).message).toContain('integer');
    expect(errorOf(() => parsePolicy('outlier-quantile=2')).message).toContain('from 0.5 to 1');
    expect(errorOf(() => parsePolicy('seed=')).message).toContain('seed');
  });

  it('has a default among its values in every field', () => {
    for (const [name, field] of Object.entries(POLICY_FIELDS)) {
      expect(parsePolicy(`${name}=${field.default}`)).toEqual(BASE_POLICY);
    }
  });

  it('is refused by formats that its rule was not made for', () => {
    const error = errorOf(() => resolvePolicy(NVFP4, 'rule=floor'));
    expect(error.message).toContain('does not apply to nvfp4');
  });

  it('applies to its format where it is the default', () => {
    for (const format of BLOCK_FORMATS.values()) {
      expect(resolvePolicy(format, ''), format.name).toEqual(defaultPolicy(format));
    }
  });
});

describe('presets', () => {
  it('parse for every family they name', () => {
    const formats = [...BLOCK_FORMATS.values()];
    for (const { name } of POLICY_PRESETS.values()) {
      const able = formats.filter((format) => {
        try {
          return resolvePolicy(format, policyLike(name, format)) !== undefined;
        } catch (error) {
          if (error instanceof ConfigurationError) return false;
          throw error;
        }
      });
      expect(able.length, name).toBeGreaterThan(0);
    }
  });

  it('name what differs between codebases', () => {
    expect(policyLike('transformer-engine', NVFP4)['scale-order']).toBe('tensor-first');
    expect(policyLike('torchao', NVFP4)['min-scale']).toBe('2^-6');
  });

  it('suggest the nearest codebase', () => {
    expect(errorOf(() => policyLike('torch-ao', NVFP4)).hint).toContain('torchao');
    expect(errorOf(() => policyLike('hifloat4', NVFP4)).message).toContain('does not quantise');
  });
});
