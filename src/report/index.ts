/** Views for people, made from the same values that are printed as JSON. */
export * from './advise-report.js';
export * from './catalogues.js';
export * from './conform-report.js';
export * from './coverage-report.js';
export * from './design-report.js';
export * from './doctor-report.js';
export * from './dot-report.js';
export * from './error-plot.js';
export * from './error-report.js';
export * from './language-report.js';
export * from './machine-yaml.js';
export * from './proof-report.js';
export * from './run-report.js';
export * from './simulation-report.js';
export * from './table.js';
export * from './traces/index.js';
export * from './verify-report.js';
