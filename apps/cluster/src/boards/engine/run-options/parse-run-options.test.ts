import { describe, expect, it } from 'vitest'
import { parseRunOptions } from './parse-run-options'

const parse = (line: string, allowed: string[] = []) => parseRunOptions(line, allowed)

describe('a line of run options', () => {
  it("reads the seed's own example", () => {
    expect(parse('--dns=8.8.8.8 --net=bridge')).toEqual({ container: {}, host: { Dns: ['8.8.8.8'], NetworkMode: 'bridge' } })
  })

  it('may be empty', () => {
    expect(parse('  ')).toEqual({ container: {}, host: {} })
  })

  it.each([
    ['--cpus 1.5', { NanoCpus: 1_500_000_000 }],
    ['--cpus=0.25', { NanoCpus: 250_000_000 }],
    ['--memory 512m', { Memory: 512 * 1024 ** 2 }],
    ['-m 1.5g', { Memory: 1.5 * 1024 ** 3 }],
    ['-m64m', { Memory: 64 * 1024 ** 2 }],
    ['--memory 64mb --memory-swap -1', { Memory: 64 * 1024 ** 2, MemorySwap: -1 }],
    ['--cpuset-cpus 0-2,4', { CpusetCpus: '0-2,4' }],
    ['--shm-size 1g', { ShmSize: 1024 ** 3 }],
    [
      '--ulimit nofile=1024:2048 --ulimit core=0',
      {
        Ulimits: [
          { Name: 'nofile', Soft: 1024, Hard: 2048 },
          { Name: 'core', Soft: 0, Hard: 0 },
        ],
      },
    ],
    ['--dns 1.1.1.1 --dns 8.8.8.8 --dns-search a.example', { Dns: ['1.1.1.1', '8.8.8.8'], DnsSearch: ['a.example'] }],
    ['--add-host a:10.0.0.1', { ExtraHosts: ['a:10.0.0.1'] }],
    ['--network=none', { NetworkMode: 'none' }],
    ['--network my-net', { NetworkMode: 'my-net' }],
    ['--tmpfs /scratch:size=64m', { Tmpfs: { '/scratch': 'size=64m' } }],
    ['--read-only --init', { ReadonlyRootfs: true, Init: true }],
    ['--init=false', { Init: false }],
    ['--gpus all', { DeviceRequests: [{ Driver: '', Count: -1, Capabilities: [['gpu']] }] }],
    ['--gpus 2', { DeviceRequests: [{ Driver: '', Count: 2, Capabilities: [['gpu']] }] }],
    [`--gpus '"device=0,2"'`, { DeviceRequests: [{ Driver: '', DeviceIDs: ['0', '2'], Capabilities: [['gpu']] }] }],
    ['--gpus device=0,2', { DeviceRequests: [{ Driver: '', DeviceIDs: ['0', '2'], Capabilities: [['gpu']] }] }],
    ['--gpus all,capabilities=utility', { DeviceRequests: [{ Driver: '', Count: -1, Capabilities: [['gpu', 'utility']] }] }],
    ['--runtime nvidia', { Runtime: 'nvidia' }],
    ['--ipc=private', { IpcMode: 'private' }],
    ['--cap-drop ALL --group-add video', { CapDrop: ['ALL'], GroupAdd: ['video'] }],
    ['--sysctl net.core.somaxconn=1024', { Sysctls: { 'net.core.somaxconn': '1024' } }],
  ])('%s is a limit of the Engine', (line, host) => {
    expect(parse(line)).toEqual({ container: {}, host })
  })

  it.each([
    ['-e A=1 --env B="x y"', { Env: ['A=1', 'B=x y'] }],
    ['--env="MODEL=my model" --env=NOTE=\'say "so"\'', { Env: ['MODEL=my model', 'NOTE=say "so"'] }],
    [String.raw`-e A=a\ b`, { Env: ['A=a b'] }],
    [`-e 'B=x y'`, { Env: ['B=x y'] }],
    ['--hostname h1', { Hostname: 'h1' }],
    ['-h h1', { Hostname: 'h1' }],
    ['-u 1000:1000 -w /data', { User: '1000:1000', WorkingDir: '/data' }],
    ['--entrypoint /bin/sh', { Entrypoint: ['/bin/sh'] }],
    ['-l a=b --label c', { Labels: { a: 'b', c: '' } }],
    ['--stop-signal SIGINT --stop-timeout 3', { StopSignal: 'SIGINT', StopTimeout: 3 }],
    ['--expose 80 --expose 90-91/udp', { ExposedPorts: { '80/tcp': {}, '90/udp': {}, '91/udp': {} } }],
  ])('%s is a field of the container', (line, container) => {
    expect(parse(line)).toEqual({ container, host: {} })
  })

  it('publishes ports, each with its address', () => {
    expect(parse('-p 8080:80 -p 127.0.0.1:5000:5000/udp --publish 7000-7001:9000-9001 -p 22 -p [::1]:90:91').host.PortBindings).toEqual({
      '80/tcp': [{ HostIp: '', HostPort: '8080' }],
      '5000/udp': [{ HostIp: '127.0.0.1', HostPort: '5000' }],
      '9000/tcp': [{ HostIp: '', HostPort: '7000' }],
      '9001/tcp': [{ HostIp: '', HostPort: '7001' }],
      '22/tcp': [{ HostIp: '', HostPort: '' }],
      '91/tcp': [{ HostIp: '::1', HostPort: '90' }],
    })
  })
})

describe('an option that reaches beyond the container', () => {
  it.each([
    [
      '--device /dev/video0',
      'device',
      { Devices: [{ PathOnHost: '/dev/video0', PathInContainer: '/dev/video0', CgroupPermissions: 'rwm' }] },
    ],
    ['--cap-add SYS_ADMIN', 'cap-add', { CapAdd: ['SYS_ADMIN'] }],
    ['--security-opt seccomp=unconfined', 'security-opt', { SecurityOpt: ['seccomp=unconfined'] }],
    ['--privileged', 'privileged', { Privileged: true }],
    ['--volumes-from other', 'volumes-from', { VolumesFrom: ['other'] }],
    [
      '--mount type=bind,src=/data,dst=/data,readonly',
      'mount',
      { Mounts: [{ Type: 'bind', Source: '/data', Target: '/data', ReadOnly: true }] },
    ],
    ['-v /data:/data:ro', 'volume', { Binds: ['/data:/data:ro'] }],
    ['--cgroup-parent /x', 'cgroup-parent', { CgroupParent: '/x' }],
    ['--network host', 'network', { NetworkMode: 'host' }],
    ['--net=container:x', 'network', { NetworkMode: 'container:x' }],
    ['--ipc host', 'ipc', { IpcMode: 'host' }],
    ['--pid=host', 'pid', { PidMode: 'host' }],
    ['--uts host', 'uts', { UTSMode: 'host' }],
    ['--userns host', 'userns', { UsernsMode: 'host' }],
    ['--runtime sysbox', 'runtime', { Runtime: 'sysbox' }],
  ])('%s needs the permission of whoever runs the board', (line, name, host) => {
    expect(() => parse(line)).toThrow(`reaches beyond the container: whoever runs the board allows it by allowed_run_options: [--${name}]`)
    expect(parse(line, [`--${name}`]).host).toEqual(host)
  })

  it('may be allowed by its letter, as it may be given', () => {
    expect(parse('-v /a:/b --volume /c:/d', ['-v']).host).toEqual({ Binds: ['/a:/b', '/c:/d'] })
    expect(() => parse('--device /dev/video0', ['-v', '-d', '-x'])).toThrow('reaches beyond the container')
  })

  it('may not hide what a container needs, permission or not', () => {
    for (const target of ['/opt/aicluster/app', '/run/aicluster', '/run', '/opt/aicluster/app/x', '/', '/tmp/../run/']) {
      expect(() => parse(`-v /data:${target}`, ['--volume'])).toThrow('would hide')
      expect(() => parse(`--mount type=bind,src=/data,dst=${target}`, ['--mount'])).toThrow('would hide')
      expect(() => parse(`--tmpfs ${target}`)).toThrow('would hide')
    }
  })
})

describe('a line that cannot be taken', () => {
  it.each([
    ['--restart=always', 'has --restart, which is refused: use the key restart'],
    ['--name x', 'has --name, which is refused'],
    ['-d', 'has -d, which is refused'],
    ['-it', 'has -i, which is refused'],
    ['--rm', 'has --rm, which is refused'],
    ['--log-driver none', 'has --log-driver, which is refused'],
    ['--pull always', 'has --pull, which is refused'],
    ['--link a:b', 'has --link, which is not supported'],
    ['--constructor x', 'has --constructor, which is not supported'],
    ['--__proto__ x', 'has --__proto__, which is not supported'],
    ['-x', 'has -x, which is not supported'],
    ['busybox', 'has "busybox", which is no option'],
    ['--init -- sh', 'has "sh", which is no option'],
    ['--dns', 'has --dns without a value'],
    ['--cpus zero', 'has --cpus "zero": it must be a number of CPUs'],
    ['--cpus -1', 'has --cpus "-1": it must be a number of CPUs'],
    ['--memory 1x', 'has --memory "1x": it must be bytes'],
    ['--init=maybe', 'has --init "maybe": it must be true or false'],
    ['-e PATH', 'must be NAME=VALUE'],
    ['-e AICLUSTER_TOKEN=x', "the cluster's own"],
    ['-l io.aicluster.cluster=x', "the cluster's own"],
    ['-p 70000:80', 'must be [[ADDRESS:]PORT:]CONTAINER_PORT'],
    ['-p 1-3:1-2', 'must be [[ADDRESS:]PORT:]CONTAINER_PORT'],
    ['--ulimit nofile', 'must be NAME=SOFT[:HARD]'],
    ['--ipc=public', 'must be private or shareable or none or host'],
    ['--gpus what=1', 'has "what", which is not supported'],
    ['--dns "8.8.8.8', 'has a quote that is never closed'],
    ['--dns 8.8.8.8\\', 'ends with a backslash that escapes nothing'],
  ])('%s is refused by name', (line, message) => {
    expect(() => parse(line)).toThrow(message)
  })
})
