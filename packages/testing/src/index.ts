export { eventually } from './eventually'
export { RawDealer, RawRouter } from './raw-peer'
export { freshSeed, type SeededRandom, seededRandom } from './seeded-random'
export { type TempFolder, tempFolder } from './temp-folder'
