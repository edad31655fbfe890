/**
 * A headless browser of the Chromium family, driven by its DevTools protocol over a WebSocket. The browser makes a
 * profile for itself and removes it: no file is read or written here.
 */

const FLAGS = [
  "--headless",
  // The processor draws: the picture is the same with and without a graphics card.
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-dev-shm-usage",
  "--disable-extensions",
  "--disable-sync",
  "--hide-scrollbars",
  "--mute-audio",
  "--no-default-browser-check",
  "--no-first-run",
  "--no-pings",
  "--remote-debugging-port=0",
];

/** How long a browser may take to start, in seconds. */
const START_SECONDS = 30;

/** The parameters of a command. */
export type Parameters = Record<string, unknown>;

/** How a tab sends a command. */
export type Send = <T = unknown>(method: string, params?: Parameters) => Promise<T>;

/** What went wrong in a page. */
export interface Exception {
  readonly text: string;
  readonly exception?: { readonly description?: string };
}

/** A size in CSS pixels, and how many pixels of the picture one of them is. */
export interface TabSize {
  readonly width: number;
  readonly height: number;
  readonly scale?: number;
}

/** What a tab is made of. */
export interface Session {
  readonly send: Send;
  readonly size: TabSize;
  readonly close: () => Promise<unknown>;
}

/** One message of the protocol. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** A browser that ended before it could be spoken to; `output` is what it wrote. */
export class BrowserStartError extends Error {
  override name = "BrowserStartError";
  readonly output: string;

  constructor(output: string) {
    super("The browser did not start");
    this.output = output;
  }
}

/** A running browser. */
export class Chromium implements AsyncDisposable {
  readonly #process: RunningBrowser;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Message>>();
  readonly #tabs = new Map<string, Tab>();
  #nextId = 1;

  /** Made by {@linkcode Chromium.start}. */
  constructor(process: RunningBrowser, socket: WebSocket) {
    this.#process = process;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = () => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error("The browser has ended"));
    };
  }

  /**
   * Starts one.
   *
   * @param program Its name or path
   * @param flags More flags of its command line
   * @throws {BrowserStartError} It ended at once, or says nothing
   */
  static async start(program: string, flags: readonly string[] = []): Promise<Chromium> {
    const process = new RunningBrowser(program, flags);
    try {
      return new this(process, await connect(await process.address()));
    } catch (error) {
      await process.end();
      throw error;
    }
  }

  /** Sends a command and waits for its answer. */
  async send<T = unknown>(method: string, params: Parameters = {}, sessionId?: string): Promise<T> {
    const id = this.#nextId++;
    const waiting = Promise.withResolvers<Message>();
    this.#waiting.set(id, waiting);
    this.#socket.send(
      JSON.stringify({ id, method, params, ...sessionId === undefined ? {} : { sessionId } }),
    );
    const { result, error } = await waiting.promise;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result as T;
  }

  #receive({ id, method = "", sessionId = "", params, ...rest }: Message): void {
    if (id === undefined) return this.#tabs.get(sessionId)?.receive(method, params);
    this.#waiting.get(id)?.resolve(rest);
    this.#waiting.delete(id);
  }

  /** Opens an empty tab, of a class of one's own. */
  protected async openTab<T extends Tab>(size: TabSize, Kind: new (session: Session) => T): Promise<T> {
    const { targetId } = await this.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send<{ sessionId: string }>("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const { width, height, scale: deviceScaleFactor = 1 } = size;
    const tab = new Kind({
      send: (method, params) => this.send(method, params, sessionId),
      size,
      close: () => this.send("Target.closeTarget", { targetId }),
    });
    this.#tabs.set(sessionId, tab);
    const metrics = { width, height, deviceScaleFactor, mobile: false };
    await Promise.all([
      ...["Page.enable", "Runtime.enable"].map((method) => tab.send(method)),
      tab.send("Emulation.setDeviceMetricsOverride", metrics),
    ]);
    return tab;
  }

  /** Opens an empty tab. */
  async tab(size: TabSize = { width: 800, height: 600 }): Promise<Tab> {
    return await this.openTab(size, Tab);
  }

  /** Ends the browser. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    await this.send("Browser.close").catch(() => {});
    await closed;
    await this.#process.ended();
  }
}

/** The program, whose words are read so that it never waits for a reader. */
class RunningBrowser {
  readonly #process: Deno.ChildProcess;
  readonly #address = Promise.withResolvers<string>();
  readonly #drained: Promise<void>;

  constructor(program: string, flags: readonly string[]) {
    this.#process = new Deno.Command(program, {
      args: [...FLAGS, ...flags, "about:blank"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#drained = this.#read();
  }

  async #read(): Promise<void> {
    let output = "";
    let isKnown = false;
    for await (const text of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      if (isKnown) continue;
      output += text;
      const address = /^DevTools listening on (ws:\S+)\s/m.exec(output)?.[1];
      isKnown = address !== undefined;
      if (address !== undefined) this.#address.resolve(address);
    }
    if (!isKnown) this.#address.reject(new BrowserStartError(output));
  }

  /** Where it listens; it writes that. */
  async address(): Promise<string> {
    const timer = setTimeout(() => this.#kill(), START_SECONDS * 1000);
    try {
      return await this.#address.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #kill(): void {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already
    }
  }

  /** Ends it now. */
  async end(): Promise<void> {
    this.#kill();
    this.#address.promise.catch(() => {});
    await Promise.all([this.#process.status, this.#drained]);
  }

  /** Waits until it has ended; one that does not end by itself is ended. */
  async ended(): Promise<void> {
    const timer = setTimeout(() => this.#kill(), 3000);
    await Promise.all([this.#process.status, this.#drained]);
    clearTimeout(timer);
  }
}

async function connect(address: string): Promise<WebSocket> {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("Cannot speak to the browser"));
  });
  return socket;
}

/** One tab. */
export class Tab implements AsyncDisposable {
  /** The size in CSS pixels. */
  readonly size: TabSize;
  /** Sends a command of the protocol. */
  readonly send: Send;
  readonly #close: () => Promise<unknown>;
  #loaded: PromiseWithResolvers<void> = Promise.withResolvers<void>();

  /** Made by {@linkcode Chromium.tab}. */
  constructor({ send, size, close }: Session) {
    this.send = send;
    this.size = size;
    this.#close = close;
  }

  /** Takes in an event of the protocol. */
  receive(method: string, _params: unknown): void {
    if (method === "Page.loadEventFired") this.#loaded.resolve();
  }

  /** Goes to an address; comes back when the page has loaded, or at once. */
  async go(url: string, wait: "load" | "no" = "load"): Promise<void> {
    this.#loaded = Promise.withResolvers();
    const { errorText } = await this.send<{ errorText?: string }>("Page.navigate", { url });
    if (errorText) throw new Error(`Cannot open ${url}: ${errorText}`);
    if (wait === "load") await this.#loaded.promise;
  }

  /** The value of an expression in the page, which may be a promise. */
  async evaluate<T = unknown>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send<
      { result: { value: T }; exceptionDetails?: Exception }
    >("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
      // A page whose policy forbids `eval` can be asked all the same.
      allowUnsafeEvalBlockedByCSP: true,
    });
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }

  /** Waits until an expression is true in the page; tells whether it was, within the time. */
  async waitFor(expression: string, seconds: number, signal?: AbortSignal): Promise<boolean> {
    const end = performance.now() + seconds * 1000;
    // While a page is being replaced there may be nothing to ask.
    while (!await this.evaluate(expression).catch(() => false)) {
      signal?.throwIfAborted();
      if (performance.now() > end) return false;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return true;
  }

  /** What is on the screen, as a PNG. */
  async screenshot(): Promise<Uint8Array<ArrayBuffer>> {
    const { data } = await this.send<{ data: string }>("Page.captureScreenshot", { format: "png" });
    return Uint8Array.fromBase64(data);
  }

  /** Closes the tab. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
