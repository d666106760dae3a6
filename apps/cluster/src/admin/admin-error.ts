/** What goes wrong with a request of the admin server: becomes a JSON body `{ "error": { "code", "message" } }`. */
export class AdminError extends Error {
  /**
   * @param status - of HTTP
   * @param code - for programs; words, as no number of ours says it
   * @param headers - beside those of every response
   */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
  }

  get body(): string {
    return `${JSON.stringify({ error: { code: this.code, message: this.message } })}\n`
  }
}
