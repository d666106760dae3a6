/** How long a hello may stay unanswered before it is said again, in ms. */
const HELLO_REPEAT_MS = 1_000

/** The hello on one link, said again until it is answered: it may be lost like any other record. */
export class Greeting {
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly sayHello: () => void) {}

  /** A connection stands, or has to be greeted anew. */
  begin(): void {
    clearInterval(this.timer)
    this.timer = setInterval(this.sayHello, HELLO_REPEAT_MS)
    this.timer.unref()
    this.sayHello()
  }

  /** It was answered, or there is nobody to greet. */
  end(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }
}
