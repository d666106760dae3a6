import type { Command } from 'commander'
import type { Action } from '../context'

/** Wraps a command's action: makes its context, turns its outcome into an exit code. */
export type Bind = <Arguments extends unknown[]>(action: Action<Arguments>) => (...args: Arguments) => Promise<void>

/** Adds one command to the program. */
export type Register = (program: Command, action: Bind) => Command
