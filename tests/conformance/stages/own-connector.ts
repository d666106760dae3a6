import { Connector } from '@aicluster/container-sdk'
import { eventually } from '../../worlds/eventually'
import { identityOf } from '../../worlds/hostile-world'
import { main } from './stages'

const NAME = 'own'

/** A Connector in this process, in the place of a program that never connects. */
export const openConnector = (): Promise<Connector> =>
  main.once('the Connector of this process', async () => {
    const world = await main.world()
    const loading = world.load('silent', NAME)
    const { instance } = await eventually('the program to run', () => identityOf(world, `${NAME}-board1`))
    const connector = await withEnvironment(
      { AICLUSTER_INSTANCE: instance, AICLUSTER_TOKEN_FILE: `${world.stateFolder}/boards/board1/${NAME}-board1/token` },
      () => Connector.open({ subName: NAME, hostIp: world.manager.endpoint.address, orphanTimeoutMs: 0 }),
    )
    main.beforeClose(() => connector.close())
    connector.ready()
    await loading
    return connector
  })

/** What the cluster would have given the program. */
async function withEnvironment<T>(variables: Record<string, string>, run: () => Promise<T>): Promise<T> {
  Object.assign(process.env, variables)
  try {
    return await run()
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name]
  }
}
