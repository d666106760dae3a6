// Imported first by every program here, so an old Node says what is wrong instead of failing somewhere later.
// Keep this folder's syntax and its imports to what Node 16 can load: a file that does not parse cannot say anything.
const FLOOR = 20
const major = Number(process.versions.node.split('.')[0])

if (major < FLOOR) {
  console.error(`AICluster needs Node ${FLOOR} or newer; this is Node ${process.versions.node} (${process.execPath}).`)
  console.error(`Install a current Node, or switch to one ("nvm install ${FLOOR} && nvm use ${FLOOR}"), then run the command again.`)
  process.exit(1)
}
