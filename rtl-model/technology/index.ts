/** Technologies: cells of a library as tables of figures; the ones that come with the project; how they are fitted. */
export * from './catalogue.js';
export { fitTechnology, type TechnologyIdentity } from './fit.js';
export { readTechnologyFile, technologyFromJson, technologyToJson } from './json.js';
export {
  type LibertyCell,
  type LibertyLibrary,
  readLiberty,
  readLibertyBytes,
  readLibertyFile,
  truthTable,
  VARIABLES,
} from './liberty/index.js';
export { MUX4 } from './multiplexer.js';
export { permutations, permuteTable } from './names.js';
export * from './technology.js';
export { UNIT } from './unit.js';
