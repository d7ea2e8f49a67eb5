/** Views of MAC designs: estimates and comparisons. Apart from the other views, which load no circuits. */
export * from './estimate-report.js';
export * from './mac-files.js';
export { signed } from './mac-findings.js';
export { markdownTable } from './mac-report.js';
