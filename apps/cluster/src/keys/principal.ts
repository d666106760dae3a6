import { z } from 'zod'

/** What an application may do: run inferences and look, or everything. */
export const Right = z.enum(['infer', 'manage'])
export type Right = z.infer<typeof Right>

/** Somebody who may connect as an application. */
export const Principal = z.object({
  /** Random: somebody else who gets the same name later is somebody else. */
  id: z.string(),
  name: z.string(),
  may: Right,
  /** CURVE, Z85. */
  public_key: z.string(),
  /** In hex. The token itself is in the application's file alone. */
  token_sha256: z.string(),
  /** ISO 8601. */
  created: z.string(),
})
export type Principal = z.infer<typeof Principal>

/** Programs of the user who runs the manager: its state folder is open to them. */
export const LOCAL_PRINCIPAL: Pick<Principal, 'id' | 'name' | 'may'> = { id: 'local', name: 'local', may: 'manage' }

/** Whom a session belongs to. */
export type SessionPrincipal = Pick<Principal, 'id' | 'name' | 'may'>
