/** The wire's major version. A peer with another one is refused at hello. */
export const PROTOCOL_MAJOR = 1
/** The wire's minor version: additions that an older peer may ignore. */
export const PROTOCOL_MINOR = 0

/** Longest inference name, in bytes: its length travels in one byte and names become paths and labels. */
export const MAX_INFERENCE_NAME_BYTES = 128
/** Bodies up to this many bytes ride in the record itself; larger ones follow in frames of their own. */
export const INLINE_BODY_BYTES = 4096
/** Largest frame of a body that leaves this machine, in bytes: a longer one starves ZeroMQ's heartbeat. */
export const BODY_FRAME_BYTES = 256 * 1024
/** Small records for one peer are gathered up to this many bytes before they leave. */
export const MAX_BATCH_BYTES = 64 * 1024
/** Largest msgpack header, in bytes. */
export const MAX_HEADER_BYTES = 1024 * 1024
/** Largest body unless the manager's configuration says otherwise, in bytes; the one in force is announced at hello. */
export const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024
/** Outcomes that are kept for a side whose connection is gone, in bytes; beyond it the oldest become 314. */
export const MAX_RETAINED_BYTES = 64 * 1024 * 1024
/** The same while a connection stands, and the other side is just slow to acknowledge. */
export const MAX_UNREAD_BYTES = 256 * 1024 * 1024
/** What each kept outcome counts for beside its own bytes: many small ones are bounded too. */
export const RETAINED_OVERHEAD_BYTES = 256
/** Outcomes that are under way without an ack, in bytes; further ones wait. */
export const OUTCOME_WINDOW_BYTES = 8 * 1024 * 1024
/** While something is open or unacknowledged, each side sends a ping this often, in ms: a loss shows by its link sequence. */
export const SESSION_PING_INTERVAL_MS = 500
/** How long a session outlives its connection unless its hello says otherwise, in ms. */
export const DEFAULT_RECONNECT_TIMEOUT_MS = 30_000
/** The longest that a hello may ask for, in ms. */
export const MAX_RECONNECT_TIMEOUT_MS = 600_000
/** Request numbers are handed out in blocks of this many. */
export const REQUEST_BLOCK_SIZE = 2 ** 20
/** Largest request number and link sequence: both travel in 48 bits. */
export const MAX_U48 = 2 ** 48 - 1
/** Entries of one page of `get_queue_info`. */
export const MAX_QUEUE_PAGE = 1000
/** Parts of a stream that its reader has not taken yet; the container waits with the next. */
export const STREAM_WINDOW_PARTS = 16
/** Bytes of such parts; one part alone may be larger. */
export const STREAM_WINDOW_BYTES = 1024 * 1024
/** What a source publishes, in bytes, that is under way to one subscriber (or from a container) without an ack; what comes then waits. */
export const PUBLISH_WINDOW_BYTES = 16 * 1024 * 1024
/** So many bytes of it may wait; then the oldest is dropped. One alone may be larger. */
export const PUBLISH_WAITING_BYTES = 8 * 1024 * 1024
/** So many publications may wait; then the oldest is dropped. */
export const PUBLISH_WAITING_COUNT = 1000
/** Largest piece of a file in one command, in bytes: with what stands around it, it is one frame. */
export const FILE_CHUNK_BYTES = 255 * 1024
/** Contents of one page of `get_missing`. */
export const MAX_MISSING_PAGE = 1000
/** Largest list of a tree's files, in bytes. */
export const MAX_TREE_LIST_BYTES = 32 * 1024 * 1024
/** Files and folders of one tree. */
export const MAX_TREE_ENTRIES = 100_000
/** How deep folders may lie in one another. */
export const MAX_TREE_DEPTH = 64
/** A deadline that never passes, on the wire. */
export const DEADLINE_NEVER = 0xffff_ffff
/** No deadline of the sender's own: the inference's configuration decides. */
export const DEADLINE_UNSET = 0
/** Interval of ZeroMQ's own heartbeats on every link, in ms. */
export const HEARTBEAT_INTERVAL_MS = 500
/** A link that is silent for this long is cut, in ms. */
export const HEARTBEAT_TIMEOUT_MS = 1500
