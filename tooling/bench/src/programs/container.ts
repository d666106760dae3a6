// Our far end: a container program as a user writes it, on the container SDK of the checkout that it is told.
import { pathToFileURL } from 'node:url'

const [, , containerSdk = ''] = process.argv
const { Connector } = (await import(pathToFileURL(containerSdk).href)) as typeof import('@aicluster/container-sdk')

const connector = await Connector.open()
process.on('SIGTERM', () => void connector.close().then(() => process.exit(0)))
await connector.serve(({ data }) => data)
