/** What bounds a program, proved by running it again with one thing changed. */
export * from './advise.js';
export { MACHINE_CHANGES, type MachineChange, RESOURCES, type Resource } from './machine-changes.js';
