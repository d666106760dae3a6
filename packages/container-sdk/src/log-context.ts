import { AsyncLocalStorage } from 'node:async_hooks'

const storage = new AsyncLocalStorage<string>()
let inUse = false

/** Switch the context on: only programs that log inside requests pay for it. */
export const useRequestContext = (): void => {
  inUse = true
}

/** Run `action` so that what it logs carries the request's number. */
export function withRequest<Argument, Result>(requestNo: string, action: (argument: Argument) => Result, argument: Argument): Result {
  return inUse ? storage.run(requestNo, action, argument) : action(argument)
}

/** Number of the request that is being handled here, if there is one. */
export const currentRequestNo = (): string | undefined => storage.getStore()
