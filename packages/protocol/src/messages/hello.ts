import { z } from 'zod'
import { DEFAULT_RECONNECT_TIMEOUT_MS, MAX_RECONNECT_TIMEOUT_MS } from '../limits'
import { InferenceName } from './names'

/** 128 random bits, as bytes. */
const Secret = z.instanceof(Uint8Array).refine((bytes) => bytes.length === 16, 'must be 16 bytes')
const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)

const Common = {
  /** Major and minor version of the wire that the peer speaks. */
  protocol: z.tuple([count, count]),
  /** Random, made once a process: tells a restarted program from a reconnected one. */
  nonce: z.instanceof(Uint8Array).refine((bytes) => bytes.length === 8, 'must be 8 bytes'),
  host: z.string().max(255),
  pid: count,
  /** What the peer was given to prove itself with; empty where none is needed. */
  token: z.string().max(1024).default(''),
  /** Name and version of the library, for logs. */
  software: z.string().max(128).default(''),
}

/** Application → manager, first record on either of its two links. Answered by {@link Welcome} or an error. */
export const HostHello = z.object({
  ...Common,
  role: z.literal('host'),
  link: z.enum(['inference', 'management']),
  /** The same on both links; proves that a later connection is the same session. */
  session_secret: Secret,
  /** How long the session outlives its connection, in ms. */
  reconnect_timeout_ms: count.max(MAX_RECONNECT_TIMEOUT_MS).default(DEFAULT_RECONNECT_TIMEOUT_MS),
})
export type HostHello = z.infer<typeof HostHello>

/** Container → manager, first record on either of its two links. Answered by {@link Welcome} or an error. */
export const ContainerHello = z.object({
  ...Common,
  role: z.literal('container'),
  /** `requests` on the seed's sub_port, `answers` on its pub_port. The container is connected when both stand. */
  link: z.enum(['requests', 'answers']),
  session_secret: Secret,
  /** Which of the cluster's containers this is, as the cluster told it. */
  instance: z.string().min(1).max(64),
  /** The inference names it serves: this is its subscription. On the requests link. */
  names: z.array(InferenceName).max(256).default([]),
  /** Requests it still works on from before, by number. On the requests link. */
  in_hand: z.array(count).max(100_000).default([]),
  /** Requests it has answered, and of which it still keeps the answer, by number. On the requests link. */
  answered: z.array(count).max(1_000_000).default([]),
})
export type ContainerHello = z.infer<typeof ContainerHello>

/** The first record on any link: who connects. Answered by {@link Welcome} or an error. */
export const Hello = z.discriminatedUnion('role', [HostHello, ContainerHello])
export type Hello = z.infer<typeof Hello>

/** What the manager will take; a peer that sends more is dropped and counted. */
export const Limits = z.object({
  max_body_bytes: count,
  max_header_bytes: count,
})
export type Limits = z.infer<typeof Limits>

/** A run of request numbers for one session: `first` to `first + count - 1`. */
export const NumberBlock = z.object({ first: count, count })
export type NumberBlock = z.infer<typeof NumberBlock>

/** Manager → peer: the hello is accepted. */
export const Welcome = z.object({
  protocol: z.tuple([count, count]),
  /** The manager's life, counted and persisted. */
  epoch: count,
  /** Number of this session within the epoch; in every envelope from now on. */
  session: count,
  limits: Limits,
  /** Hosts, inference link: the first block of request numbers. */
  numbers: NumberBlock.optional(),
  /** Containers, requests link: how many requests it may hold at once. */
  max_send_num: count.optional(),
  /** Name and version of the manager, for logs. */
  software: z.string(),
})
export type Welcome = z.infer<typeof Welcome>
