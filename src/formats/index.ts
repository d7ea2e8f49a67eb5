/** Number formats as records, their codecs, block formats and quantisers, and tensors in files. */
export { toBf16 } from './bf16.js';
export * from './block.js';
export * from './blocks.js';
export * from './casts.js';
export * from './codec.js';
export * from './element.js';
export * from './elements.js';
export * from './encode-table.js';
export * from './matrix.js';
export * from './measure.js';
export * from './packing.js';
export * from './policy.js';
export { type ChoiceField, type NumberField, POLICY_FIELDS, type PolicyField } from './policy-fields.js';
export * from './presets.js';
export { type DecodeOptions, dequantize } from './quantize/dequantize.js';
export { defaultPolicy, type Family, familyOf, RULES } from './quantize/family.js';
export { type QuantizeOptions, quantize, quantizerInput, resolvePolicy } from './quantize/quantize.js';
export * from './tensors/index.js';
