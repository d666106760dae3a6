/** Names the folder of a world's faults in the environment of its processes. */
export const FAULTS_VARIABLE = 'WIRE_FAULTS_FOLDER'
/** In that folder: what is to happen, for every process. */
export const ORDERS_FILE = 'orders.json'
/** In that folder: what has happened, one file a process. */
export const COUNTS_FOLDER = 'counts'
