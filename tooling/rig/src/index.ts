export { rigObstacle } from './obstacle'
export { Rig, type RigOptions, type UpOptions } from './rig'
export { RigBoard } from './rig-board'
export { RigError } from './rig-error'
