/** Texts for people: tables, numbers, style. */
export * from './style.js';
export * from './table.js';
