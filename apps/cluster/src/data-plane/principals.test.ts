import { expect, it } from 'vitest'
import { sha256 } from '../keys/key-store'
import { LOCAL_PRINCIPAL } from '../keys/principal'
import { Principals } from './principals'

const withToken = (token: string) => ({ ...LOCAL_PRINCIPAL, public_key: '', token_sha256: sha256(token), created: '' })

it('who shows no token is nobody, even where the token of somebody got lost and is empty', () => {
  const principals = new Principals(false, undefined)
  principals.set([withToken('')])

  expect(principals.ofToken('')).toBeUndefined()
})

it('who shows a token is who has it', () => {
  const principals = new Principals(false, undefined)
  principals.set([withToken('secret')])

  expect(principals.ofToken('secret')).toMatchObject(LOCAL_PRINCIPAL)
  expect(principals.ofToken('another')).toBeUndefined()
})
