/** The grammar of github.com/distribution/reference: `[HOST[:PORT]/]NAME[/NAME…][:TAG][@DIGEST]`. An id of an image is of it, too. */
const HOST = String.raw`(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*(?:\.[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*)*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?`
const NAME = String.raw`[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*`
const TAG = String.raw`\w[\w.-]{0,127}`
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}'
const REFERENCE = new RegExp(`^(?:${HOST}/)?${NAME}(?:/${NAME})*(?::${TAG})?(?:@${DIGEST})?$`)

/** The longest: a name of 255 characters, a tag and a digest. */
const MAX_LENGTH = 512

/** Whether an Engine can have an image of this name. Where it is one, it may stand in the path of a request as it is. */
export const isImageReference = (text: string): boolean => text.length <= MAX_LENGTH && REFERENCE.test(text)
