type Environment = Readonly<Record<string, string | undefined>>

/** What tells a Connector where the manager is. */
const NAMES = ['AICLUSTER_HOST_IP', 'AICLUSTER_PUB_PORT', 'AICLUSTER_SUB_PORT'] as const

/** The part of a container's environment that says where the manager is. */
export const managerPlace = (environment: Environment): Record<string, string> =>
  Object.fromEntries(NAMES.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])))

/**
 * Whether a program that was started with one environment finds the manager that is where another says. Its own stays what it was through
 * every restart of the program.
 *
 * @param isOurs - whether the manager is at this address too
 */
export function findsManager(started: Environment, now: Environment, isOurs: (address: string) => boolean = () => false): boolean {
  return Object.entries(managerPlace(now)).every(([name, value]) => {
    const its = started[name]
    return its === value || (name === 'AICLUSTER_HOST_IP' && its !== undefined && isOurs(its))
  })
}

/** `NAME=VALUE` each, as an Engine tells it. */
export const environmentOf = (entries: readonly string[] | null | undefined): Record<string, string> =>
  Object.fromEntries(
    (entries ?? []).map((entry) => {
      const [name = ''] = entry.split('=', 1)
      return [name, entry.slice(name.length + 1)]
    }),
  )
