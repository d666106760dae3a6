import { ERROR_ROWS, type ErrorRow } from './error-table'

/** Whether it takes a board that can be lost to prove a row: `../rig/errors.test.ts` does, on boards that this machine plays. */
export const needsBoards = ({ code }: ErrorRow): boolean => code === 500

export const ROWS_ON_BOARDS: readonly ErrorRow[] = ERROR_ROWS.filter(needsBoards)
