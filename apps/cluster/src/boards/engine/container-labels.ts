/** Labels that every container of ours carries on its Engine. */
export const CLUSTER_LABEL = 'io.aicluster.cluster'
export const BOARD_LABEL = 'io.aicluster.board'
/** The suffix name. */
export const CONTAINER_LABEL = 'io.aicluster.container'
export const INSTANCE_LABEL = 'io.aicluster.instance'
/** Of what is made for a moment to delete folders, and of nothing else: among which ones, as a digest of the path. */
export const HELPER_LABEL = 'io.aicluster.helper'
/** Digest of what it was created from: when it is the same, the container can be started again. */
export const SPEC_LABEL = 'io.aicluster.spec'
