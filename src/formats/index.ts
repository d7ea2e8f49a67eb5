/** Number formats as records, their codecs, block formats and quantisers, and tensors in files. */
export * from './block.js';
export * from './codec.js';
export * from './element.js';
export * from './elements.js';
export * from './matrix.js';
