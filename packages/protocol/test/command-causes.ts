import type { CauseAndCure } from './error-causes'

/** Arguments, connections, configs and commands. */
export const COMMAND_CAUSES = {
  argumentRequired: [
    ["the argument that the message names was left out, or is `undefined`, `null` or `''`", 'give it'],
    [
      '`callback`: an `…Async` method was called without one',
      'give it a callback, or set a common one first: `cluster.setCallback({ inferCallback, manageCallback })`. `inferAsync` and `inferImageAsync` look for `inferCallback`, all others for `manageCallback`',
    ],
    [
      '`subName`, `hostIp`, `pubPort`, `subPort`: the program does not run in a container of the cluster, which would set `AICLUSTER_SUB_NAME`, `AICLUSTER_HOST_IP`, `AICLUSTER_PUB_PORT` and `AICLUSTER_SUB_PORT`',
      'let the cluster start the program (`loadInference`), or hand all four to `Connector.open`',
    ],
    ['one of the same four is there, but is no name, address or port', 'the message shows the value and what it must be'],
  ],
  invalidKey: [
    ['`fileInfo` has a key that is none of `script`, `model`, `other`', 'file each path under one of the three; a list of paths is fine'],
  ],
  connectionEstablishment: [
    [
      'no manager runs, or it has another state folder',
      '`aicluster status` tells; `aicluster up` starts one. An application finds it by `AICLUSTER_STATE` or the option `stateFolder`',
    ],
    [
      '`endpoint` or `AICLUSTER_ENDPOINT` is not where the manager listens',
      'compare it with the manager\'s first line (`"event":"ready"`) or `manager.json` in its state folder; over TCP both ports must be reachable',
    ],
    [
      'the hello was refused: the token is wrong or missing',
      "give `token` or `AICLUSTER_TOKEN`; on the manager's machine the state folder has it",
    ],
    [
      'the key was revoked while the application ran: what was open ended with this error, and so do its calls',
      '`aicluster keys add` makes another key, as a new file to connect with',
    ],
    [
      '"no key was given": the manager listens beyond loopback, and lets in known keys only',
      '`aicluster keys add NAME --out FILE` on its machine, then `AICluster.connect({ keyFile })` or `AICLUSTER_KEY_FILE`',
    ],
    [
      '"does not admit this key": the key was revoked, or is one of another cluster',
      '`aicluster keys ls` shows those that count; a new one by `keys add`. This and "no key was given" are said within 4 s, whatever `connectTimeoutMs` is',
    ],
    [
      '"this side speaks CURVE and the manager does not", "the server key may not be this manager\'s": the key file is of another time or another manager',
      'connect without it where the manager is on this machine or `insecure`; else let `keys add` make a file with the right server key',
    ],
    [
      '`Connector.open`: "no container of this cluster has this instance and token", "may serve a, not b", or one of those above',
      'token, keys and names are those of one container, and count until it is unloaded or started anew: let the cluster start the program, take what its environment says, and serve the names of its config',
    ],
    ['the hello was refused: another major version of the wire', 'use the same major version on both sides'],
    ['the machine is busy and 5 s were too short', 'raise `connectTimeoutMs`'],
  ],
  connectionFailed: [
    [
      'the connection went and has not come back: a new call is refused at once',
      'the SDK reconnects by itself: wait for the event `connected` (113), then call again. Look at the manager if it does not come',
    ],
    [
      'what was open waited for `reconnectTimeoutMs` (30 s) and the manager did not come back',
      'a request may have run: repeat it only if that does no harm. A command may have been carried out: look with `getContainerHandler`',
    ],
    ['`release()` was called', 'finish first: `release({ drainMs })` waits for what is open'],
    [
      'at `connect`: the link stands, but nobody answers on it',
      'the manager hangs or is stopped, or something between cuts what is sent: look at its log and at proxies',
    ],
    ['the manager is shutting down', 'it accepts nothing new while it drains; its successor will'],
  ],
  connectionLost: [
    [
      'the manager ended or stood still, or the network was cut for more than 1.5 s',
      'nothing: the SDK reconnects for ever, and what is open goes on when it is back. Stop offering new work until 113',
    ],
  ],
  connectionRestored: [['both links stand again', 'nothing: new calls are taken again']],
  inferenceUnsubscribed: [
    [
      "the container's program ended or was killed",
      "its log says why. It is started again by itself, with growing pauses, unless `restart: 'never'`; `getContainerStatus` shows `crash-loop` when that does not help",
    ],
    ['the program closed its Connector and runs on', 'it gets no requests any more: end it, or open another Connector'],
    [
      'its link was silent for more than 1.5 s',
      'it connects again by itself; a program that blocks its thread that long should compute in a worker',
    ],
  ],
  notJson: [
    ['`param` is a string and no JSON, or JSON of something else than an object', 'pass an object'],
    ['a client of your own sent a command that is not one msgpack map', 'compare it with [the protocol](../protocol.md)'],
  ],
  requiredKeyMissing: [
    ['a config lacks the key that the message names: `name`, or `runCommand` with type `other`', 'add it'],
    ['a client of your own left out a key of a command', 'compare it with [the protocol](../protocol.md)'],
  ],
  tagChanged: [
    [
      'the inference is registered with another `imageTag`, `scriptTag` or `modelTag`; the message names old and new',
      'if the new version is meant: `forceUpdate: true`, or unload it first. If not: load with the old tag',
    ],
  ],
  configFileMissing: [
    [
      "somebody deleted `inferences/<name>.json` in the manager's state folder",
      'load the inference again with `forceUpdate: true`: that writes the file. What runs goes on running',
    ],
  ],
  configFileNotJson: [
    [
      'the file was edited and is no JSON any more',
      'mend it (the message says where), or load the inference again with `forceUpdate: true`',
    ],
  ],
  configFileMismatch: [
    [
      'the file was edited in what an inference is known by: name, container name, board, type, input or output',
      'take that back; other edits are taken up. To change one of these, unload and load',
    ],
  ],
  inferenceNotFound: [
    [
      'the name is misspelt (case counts) or was never loaded',
      'the message lists what is registered; so do `getContainerHandler()` and `aicluster ps`',
    ],
    ['somebody has unloaded it', 'load it again'],
    ["a handler's `startDistribution`, `stopDistribution`: the container does not serve this name", 'give one of the names that it serves'],
  ],
  configFileUnreadable: [
    [
      'a file of the call does not exist, or may not be read; the message names it',
      "paths are absolute and on the application's machine. Check spelling and permissions",
    ],
    [
      'the image tar (`imagePath`, `imageFilename`) does not exist, may not be read, or is a folder',
      'give the path of the file that `docker save` has written; for an image that is on the board already leave both out and give `imageTag`',
    ],
  ],
  invalidParameter: [
    ['a value has the wrong type, is out of range, or contradicts another one', 'the message names the field, the value and the rule'],
    ['a key that nobody knows', 'the message names the nearest known one'],
    [
      'a call ported from Python passes filters by position',
      'three or more optional arguments are one object here: `unloadInference({ inferenceName })`',
    ],
    [
      "the board's driver cannot run this `implementationType`",
      "`local` boards run `other` and `Loop`, and `docker` and `nvidia` where this machine has an Engine whose containers reach the manager. `ssh` boards run `docker`, `nvidia` and `Loop`; `other` is a program of the manager's machine",
    ],
    [
      'the image: "is not on this board", "is not in" its tar, "is damaged", or the file is no image at all',
      'the message lists the tags that there are. Give a tar of `docker save` (plain or gzip) that holds `imageTag`; write one that is damaged anew',
    ],
    [
      'the image "is for arm64, and this board is amd64"',
      'build it for the board: `docker build --platform linux/amd64`, and save it again',
    ],
    [
      'it "needs a GPU, and this board gives none to containers", or a runtime "which this board has not got"',
      "`nvidia`, `--gpus` and `--runtime` need NVIDIA's runtime in the board's Engine: the message says what it has and how to install it. Or load it on a board that has one (`gpu=…`)",
    ],
    [
      '`runOption`: "has --x, which is not supported", "which is refused", or reaches beyond the container',
      'only what [run options](../run-options.md) lists is taken; what reaches beyond a container the operator allows by `allowed_run_options` of the board',
    ],
    ['a config differs from the registered one of that name', '`forceUpdate: true`, or unload first'],
  ],
  processesInUse: [
    [
      'requests of the inference are queued or with a container',
      'wait for them; `unloadInference({ drainMs })` does it for you. `getQueueInfo` shows which they are',
    ],
    [
      'a request hangs in a container',
      'its `waitQueueTimeout` ends it for the application; the container is started anew 60 s later (`hang_timeout`)',
    ],
  ],
  coprocessorNotFound: [
    ['no board of this name', "the message lists the boards. One name, a list, or `'all'`"],
    ['a handler of a board that the operator has removed', 'get new handlers: `getCoprocessorHandler()`'],
  ],
  containerNotFound: [
    [
      'the handler is older than the registry: its container was unloaded or replaced',
      'get a new one: `getContainerHandler(inferenceName)`',
    ],
  ],
  permission: [
    [
      'the selection has requests of other applications; nothing was deleted',
      'narrow the filter to your own requests (`requestNo`), or say `forceDelete: true`',
    ],
  ],
  apiConflict: [
    [
      'another command is loading, unloading or changing the same inference',
      'call again when it is done; commands for other names are not held up. A drain (`drainMs`) holds its names until it ends',
    ],
  ],
  containerStart: [
    [
      'the program ended before it was ready',
      'the end of its output stands in the message. It runs in a folder of its own: `scriptPath` and `copy` bring files there. By hand a Connector is refused with 100: the cluster sets its environment',
    ],
    [
      'it did not connect, or take its first request, within `startTimeout`',
      'call `connector.ready()` or the first `receive` sooner, or raise `startTimeout` (60 s)',
    ],
    ['the program does not exist', "`runCommand` is looked up on the board, in the container's folder and `PATH`"],
    [
      'it "used more memory than it may, and was ended for it"',
      'raise `--memory` of `runOption`, load a smaller model, or another board: the Engine ended it, or the system of the board did (OOM)',
    ],
    [
      'it runs and cannot reach the manager: nothing is printed, and `startTimeout` passes',
      "the board must reach the manager's address and its `pub_port` and `sub_port` (47102, 47103): firewall, `listen.host`, `advertise` of the board",
    ],
  ],
  ssh: [
    [
      'the board cannot be reached, or refuses the key',
      'try `ssh` by hand with the same user and key; the message names the board and the cause',
    ],
    [
      'the board will not come back, and what is registered on it shall go',
      '`unloadInference({ force: true })`, or `removeBoard(name, { force: true })`',
    ],
    ['its host key is not the known one', 'if the board was reinstalled, trust the new key; if not, somebody else answers'],
    ['a command or a copy failed on the board', 'the message ends with what it printed: often a full disk or a missing Docker Engine'],
    [
      'how soon: a board that is down, cut off or hangs within 4 s; a full disk as soon as it is met',
      '[each failure with its time](boards.md#how-soon-you-hear-of-it)',
    ],
  ],
  notImplemented: [
    ['`inferVoice` and `inferText` are not supported by anybody', 'use `infer` with bytes, or `inferImage` with an array'],
    ['the operator has switched the command off (`disabled_commands` in `cluster.yaml`)', 'ask the operator'],
    ['the manager is older than the SDK', 'update it'],
  ],
} satisfies Record<string, readonly CauseAndCure[]>
