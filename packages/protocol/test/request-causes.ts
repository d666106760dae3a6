import type { CauseAndCure } from './error-causes'

/** What becomes of a request. */
export const REQUEST_CAUSES = {
  sendQueueFull: [
    [
      'more arrives than the containers take: `queueLimit` or `queueBytes` is reached',
      'send more slowly, add boards (`addInference`), raise `maxSendNum` or the limit that the message names',
    ],
    [
      'this application has `max_queued_per_session` requests waiting',
      'wait for outcomes before sending more, or raise it in `cluster.yaml`',
    ],
    [
      'an `…Async` call found `maxPending` or `maxPendingBytes` open in the SDK',
      '`await cluster.waitForRoom()` before each call; `infer` and `inferImage` wait by themselves',
    ],
  ],
  sendQueueTimeout: [
    [
      'all containers are busy for longer than `sendTimeout`',
      'add boards, raise `maxSendNum` or `sendTimeout`. The message tells how many containers are connected and busy',
    ],
    ['no container is connected', '`getContainerStatus` shows which are not, their logs why'],
    ['distribution is off', '`startDistribution()` on the container or board'],
  ],
  queueDeleted: [
    [
      'somebody called `deleteQueue` (`aicluster queue rm`) with a filter that this request matched',
      'it has not run. Send it again if it is still wanted',
    ],
  ],
  requestAborted: [
    [
      'the `signal` of the call was aborted; `cause` is its reason',
      'nothing: it was asked for. A container that already had the request sees `request.signal`',
    ],
  ],
  requestTimeout: [
    ['the `timeout` of the call passed', 'raise it, or find out where the time goes: `response.elapsedTime` of those that succeed'],
  ],
  outcomeExpired: [
    [
      'the application was away for longer than `reconnectTimeoutMs`',
      'the request may have run: repeat it only if that does no harm. Raise `reconnectTimeoutMs` where pauses are long',
    ],
    [
      'the application took its outcomes too slowly: more than 256 MB waited for it',
      'do not block the event loop; keep fewer requests open',
    ],
  ],
  notPermitted: [
    [
      'the key that the application connects with may only infer, and the command changes the cluster',
      'connect with a key that was made with `aicluster keys add NAME --may manage`',
    ],
    [
      'after a restart of the manager, a request was asked for again by another key than the one that sent it',
      'let each application keep its own key',
    ],
  ],
  unregisteredInference: [
    [
      'nothing is registered under this name, misspelt (case counts) or unloaded',
      'load it first; `getContainerHandler()` lists what there is',
    ],
  ],
  responseTimeout: [
    [
      'the container needed longer than `waitQueueTimeout` (300 s by default)',
      'raise it, or make the program faster. Its credit stays taken until it answers: the next request may wait',
    ],
    [
      'the program never answers: it forgot `sendResponse`, or hangs',
      '`connector.serve` answers every request, also when the handler throws',
    ],
  ],
  receiveTimeout: [
    [
      'no request came within the `timeout` of `receiveRequest` (ms here, seconds in Python)',
      'call it again; leave `timeout` out to wait for ever',
    ],
  ],
  containerDisconnect: [
    [
      'the program crashed or was killed while it had the request',
      'its log says why. The request may have run: repeat it only if that does no harm, or set `redeliver: true` and let the cluster do it, once',
    ],
    ['the manager was restarted, and the container did not come back within 3 s', 'the same'],
  ],
  inferenceTakesNoInput: [
    [
      'its config gives `output` and not `input`: that makes it a source, which only publishes',
      "`input: 'Main'` in its config to send it requests; `cluster.subscribe` to hear what it publishes",
    ],
    ['its config gives neither end a name (`null`)', 'leave both out: that is Main to Main'],
  ],
  internal: [
    [
      "a defect of the cluster, or a program's handler threw something that is no error of ours",
      "the message has the cause, the manager's log the stack. A container answers with a code of its own by throwing one of our errors",
    ],
  ],
} satisfies Record<string, readonly CauseAndCure[]>
