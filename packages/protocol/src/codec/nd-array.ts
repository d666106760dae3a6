import { clusterError } from '../errors/cluster-errors'

/** The typed array for each of numpy's names of a fixed-size numeric type. */
const TYPED_ARRAYS = {
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
  /** JavaScript has no half-precision array on our floor: the raw 16 bits of each element. */
  float16: Uint16Array,
} as const satisfies Record<DType, unknown>

/** numpy's name of an element type. All travel little-endian. `float16` comes as the raw 16 bits of each element. */
export type DType =
  | 'bool'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float16'
  | 'float32'
  | 'float64'

/** A typed array that holds the elements of an {@link NdArray}. */
export type NdArrayData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array

/** An n-dimensional array in C order: what numpy calls an ndarray. */
export interface NdArray {
  /** Element type, by numpy's name. */
  dtype: DType
  /** Length of each dimension, outermost first. */
  shape: number[]
  /** The elements in C order. May view a received message: copy it before you change or keep it for long. */
  data: NdArrayData
}

/** The name and shape of an array whose bytes travel beside it. */
export interface ArrayLayout {
  dtype: DType
  shape: number[]
}

/** Every element type there is. */
export const DTYPES = Object.keys(TYPED_ARRAYS) as readonly DType[]

/** Whether `value` is the name of an element type. */
export const isDType = (value: unknown): value is DType => typeof value === 'string' && Object.hasOwn(TYPED_ARRAYS, value)

/** Bytes of one element. */
export const bytesPerElement = (dtype: DType): number => TYPED_ARRAYS[dtype].BYTES_PER_ELEMENT

const isLength = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** Whether `value` has the shape of an {@link NdArray}; its numbers are checked by {@link requireNdArray}. */
export const isNdArray = (value: unknown): value is NdArray => {
  if (typeof value !== 'object' || value === null) return false
  const candidate = value as Partial<NdArray>
  return isDType(candidate.dtype) && Array.isArray(candidate.shape) && ArrayBuffer.isView(candidate.data)
}

/** Bytes that an array of this layout occupies, or -1 if the layout is not one. */
export function layoutBytes(layout: ArrayLayout): number {
  if (!isDType(layout.dtype) || !Array.isArray(layout.shape)) return -1
  let count = 1
  for (const length of layout.shape) {
    if (!isLength(length)) return -1
    count *= length
  }
  const bytes = count * bytesPerElement(layout.dtype)
  return Number.isSafeInteger(bytes) ? bytes : -1
}

/**
 * Check an array that a caller gave.
 * @throws {@link InvalidArgumentError} (302) naming the argument and what is wrong with it
 */
export function requireNdArray(value: unknown, argument: string): NdArray {
  const refuse = (detail: string) => clusterError('invalidParameter', { detail: `${argument} ${detail}`, details: { argument } })
  if (!isNdArray(value)) throw refuse('must be an NdArray { dtype, shape, data }')
  if (!(value.data instanceof TYPED_ARRAYS[value.dtype])) {
    throw refuse(`has dtype ${value.dtype} but its data is a ${value.data.constructor.name}`)
  }
  const expected = layoutBytes(value)
  if (expected !== value.data.byteLength) {
    throw refuse(`of ${value.dtype} [${value.shape.join(', ')}] needs ${expected} bytes of data, it has ${value.data.byteLength}`)
  }
  return value
}

/** The bytes of a typed array, without a copy. */
export const bytesOf = (data: ArrayBufferView): Uint8Array =>
  data instanceof Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/**
 * An array over received bytes: a view where their alignment allows it, a copy where not.
 * @throws {@link InvalidArgumentError} (302) when layout and bytes do not fit each other
 */
export function ndArrayFrom(layout: ArrayLayout, bytes: Uint8Array): NdArray {
  const { dtype, shape } = layout
  if (layoutBytes(layout) !== bytes.byteLength) {
    throw clusterError('invalidParameter', {
      detail: `an array of ${String(dtype)} [${String(shape)}] does not fit ${bytes.byteLength} bytes`,
    })
  }
  const size = bytesPerElement(dtype)
  // A Buffer's slice would be a view again: copy into fresh memory.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  const data = new TYPED_ARRAYS[dtype](aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / size)
  return { dtype, shape, data }
}
