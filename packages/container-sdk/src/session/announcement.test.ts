import { RecordKind } from '@aicluster/protocol'
import { beforeEach, describe, expect, it } from 'vitest'
import { Announcement, type Readiness } from './announcement'

const { ready, draining } = RecordKind

let sent: Readiness[]
let announcement: Announcement

beforeEach(() => {
  sent = []
  // The first one leaves with link sequence 11.
  announcement = new Announcement((kind) => 10 + sent.push(kind))
})

describe('what a container says of itself', () => {
  it('is said on every connection', () => {
    announcement.announce(ready)
    expect(sent).toEqual([])
    announcement.up()
    announcement.acknowledged(11)
    announcement.down()
    announcement.up()
    expect(sent).toEqual([ready, ready])
  })

  it('is said again until exactly it is acknowledged: it may be lost, and what follows not', () => {
    announcement.up()
    announcement.announce(ready)
    announcement.acknowledged(10)
    announcement.repeat()
    announcement.acknowledged(13)
    announcement.repeat()
    expect(sent).toEqual([ready, ready, ready])
    announcement.acknowledged(13)
    announcement.repeat()
    expect(sent).toHaveLength(3)
    expect(announcement.isPending).toBe(false)
  })

  it('is said once', () => {
    announcement.up()
    announcement.announce(ready)
    announcement.announce(ready)
    expect(sent).toEqual([ready])
  })
})

describe('requests may come', () => {
  it('not before it is ready', () => {
    announcement.up()
    expect(announcement.mayGetRequests).toBe(false)
  })

  it('from the word that it is ready until the manager knows that it is not', () => {
    announcement.up()
    announcement.announce(ready)
    expect(announcement.mayGetRequests).toBe(true)
    announcement.acknowledged(11)
    announcement.announce(draining)
    expect(announcement.mayGetRequests).toBe(true)
    announcement.acknowledged(12)
    expect(announcement.mayGetRequests).toBe(false)
  })

  it('not without a connection', () => {
    announcement.up()
    announcement.announce(ready)
    announcement.down()
    expect(announcement.mayGetRequests).toBe(false)
  })
})
