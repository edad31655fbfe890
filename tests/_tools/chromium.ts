/**
 * A headless Chromium for tests and benches, driven by its DevTools protocol over a WebSocket: one process, one fresh
 * profile, tabs that tell what they asked the network for and what they wrote to the console.
 */
import { type Picture, readPng } from "./png.ts";

const PROGRAMS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--hide-scrollbars",
  "--mute-audio",
  "--no-default-browser-check",
  "--no-first-run",
  "--no-pings",
  "--remote-debugging-port=0",
  // Nothing leaves the machine, whatever the browser itself would like to fetch.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/** The program, where it is installed. */
export async function findChromium(): Promise<string | undefined> {
  for (const program of PROGRAMS) {
    if (await Deno.stat(program).then(({ isFile }) => isFile, () => false)) return program;
  }
  return undefined;
}

type Parameters = Record<string, unknown>;

/** How a tab sends a command. */
type Send = <T = unknown>(method: string, params?: Parameters) => Promise<T>;

/** What the events that a tab listens to say. */
interface TabEvent {
  readonly request?: { readonly url: string };
  readonly exceptionDetails?: Exception;
  readonly type?: string;
  readonly args?: readonly {
    readonly type: string;
    readonly value?: unknown;
    readonly description?: string;
  }[];
  readonly entry?: { readonly level: string; readonly text: string };
  readonly data?: string;
  readonly sessionId?: number;
}

interface Exception {
  readonly text: string;
  readonly exception?: { readonly description?: string };
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

/** A running browser. */
export class Chromium implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Message>>();
  readonly #listeners = new Map<string, (message: Message) => void>();
  #nextId = 1;

  private constructor(process: Deno.ChildProcess, folder: string, socket: WebSocket) {
    this.#process = process;
    this.#folder = folder;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = () => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error("The browser has ended"));
    };
  }

  /** Starts one, with a profile of its own. */
  static async start(program: string, flags: readonly string[] = []): Promise<Chromium> {
    const folder = await Deno.makeTempDir({ prefix: "cartoframes-chromium-" });
    const process = new Deno.Command(program, {
      args: [...FLAGS, ...flags, `--user-data-dir=${folder}`, "about:blank"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const [port, path] = await readPort(folder, process);
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = () => reject(new Error("Cannot speak to the browser"));
      });
      return new Chromium(process, folder, socket);
    } catch (error) {
      process.kill("SIGKILL");
      await process.status;
      await Deno.remove(folder, { recursive: true });
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

  #receive(message: Message): void {
    if (message.id === undefined) return this.#listeners.get(message.sessionId ?? "")?.(message);
    this.#waiting.get(message.id)?.resolve(message);
    this.#waiting.delete(message.id);
  }

  /** Opens an empty tab of a size in CSS pixels. */
  async tab(size: { width: number; height: number } = { width: 800, height: 600 }): Promise<Tab> {
    const { targetId } = await this.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send<{ sessionId: string }>("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const send: Send = (method, params) => this.send(method, params, sessionId);
    const tab = new Tab(send, size, () => this.send("Target.closeTarget", { targetId }));
    this.#listeners.set(sessionId, ({ method = "", params }) => tab.receive(method, params as TabEvent));
    await Promise.all([
      send("Page.enable"),
      send("Runtime.enable"),
      send("Network.enable"),
      send("Log.enable"),
      send("Emulation.setDeviceMetricsOverride", { ...size, deviceScaleFactor: 1, mobile: false }),
    ]);
    return tab;
  }

  /** Ends the browser and removes its profile. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    await this.send("Browser.close").catch(() => {});
    await closed;
    // A browser that does not end by itself is ended.
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 3000);
    await this.#process.status;
    clearTimeout(timer);
    for (let attempt = 0;; attempt++) {
      try {
        return await Deno.remove(this.#folder, { recursive: true });
      } catch (error) {
        // Its helpers may still be writing into the profile.
        if (attempt === 20) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

/** Where the browser listens; it writes that into a file of its profile. */
async function readPort(folder: string, process: Deno.ChildProcess): Promise<[port: string, path: string]> {
  let ended = false;
  process.status.then(() => ended = true);
  for (let attempt = 0; attempt < 600 && !ended; attempt++) {
    const text = await Deno.readTextFile(`${folder}/DevToolsActivePort`).catch(() => "");
    const [port, path] = text.split("\n");
    if (port && path) return [port, path];
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The browser did not start");
}

/** A picture that the browser presented, and when it came, by `performance.now()`. */
export interface Frame {
  readonly at: number;
  readonly png: Uint8Array<ArrayBuffer>;
}

/** One tab. */
export class Tab implements AsyncDisposable {
  /** The addresses that were asked for, the page itself and `data:` and `blob:` among them. */
  readonly requests: string[] = [];
  /** What was written to the console, and what went wrong: `error: …`, `warning: …`. */
  readonly console: string[] = [];
  /** The frames of a screencast. */
  readonly frames: Frame[] = [];
  /** The size in CSS pixels. */
  readonly size: { readonly width: number; readonly height: number };
  readonly #send: Send;
  readonly #close: () => Promise<unknown>;
  #loaded: PromiseWithResolvers<void> = Promise.withResolvers<void>();

  /** Made by {@linkcode Chromium.tab}. */
  constructor(send: Send, size: { width: number; height: number }, close: () => Promise<unknown>) {
    this.#send = send;
    this.size = size;
    this.#close = close;
  }

  /** Takes in an event of the protocol. */
  receive(method: string, { request, exceptionDetails, type, args, entry, data, sessionId }: TabEvent): void {
    if (request && method === "Network.requestWillBeSent") this.requests.push(request.url);
    if (method === "Page.loadEventFired") this.#loaded.resolve();
    if (exceptionDetails && method === "Runtime.exceptionThrown") {
      this.console.push(`error: ${exceptionDetails.text} ${exceptionDetails.exception?.description ?? ""}`);
    }
    if (args && method === "Runtime.consoleAPICalled") {
      const texts = args.map((arg) => arg.value ?? arg.description ?? arg.type);
      this.console.push(`${type}: ${texts.join(" ")}`);
    }
    if (entry && method === "Log.entryAdded") this.console.push(`${entry.level}: ${entry.text}`);
    if (data !== undefined && method === "Page.screencastFrame") {
      this.frames.push({ at: performance.now(), png: Uint8Array.fromBase64(data) });
      this.#send("Page.screencastFrameAck", { sessionId }).catch(() => {});
    }
  }

  /** Goes to an address; comes back when the page has loaded, or at once. */
  async go(url: string, wait: "load" | "no" = "load"): Promise<void> {
    this.#loaded = Promise.withResolvers();
    const { errorText } = await this.#send<{ errorText?: string }>("Page.navigate", { url });
    if (errorText) throw new Error(`Cannot open ${url}: ${errorText}`);
    if (wait === "load") await this.#loaded.promise;
  }

  /** Keeps the frames that are presented from now on in {@linkcode frames}. */
  async record(): Promise<void> {
    await this.#send("Page.startScreencast", { format: "png", everyNthFrame: 1 });
  }

  /** The value of an expression in the page, which may be a promise. */
  async evaluate<T = unknown>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#send<
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

  /** Waits until an expression is true in the page. */
  async until(expression: string, seconds = 30): Promise<void> {
    const end = performance.now() + seconds * 1000;
    // While a page is being replaced there may be nothing to ask.
    while (!await this.evaluate(expression).catch(() => false)) {
      if (performance.now() > end) {
        throw new Error(`Not within ${seconds} s: ${expression}\n${this.console.join("\n")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** What is on the screen, as the file. */
  async screenshot(): Promise<Uint8Array<ArrayBuffer>> {
    const { data } = await this.#send<{ data: string }>("Page.captureScreenshot", { format: "png" });
    return Uint8Array.fromBase64(data);
  }

  /** What is on the screen, as pixels. */
  async pixels(): Promise<Picture> {
    return await readPng(await this.screenshot());
  }

  /** Moves the pointer. */
  async move(x: number, y: number): Promise<void> {
    await this.#send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
  }

  /** Presses and lets go of the left button. */
  async click(x: number, y: number): Promise<void> {
    await this.move(x, y);
    const button = { x, y, button: "left", clickCount: 1 };
    await this.#send("Input.dispatchMouseEvent", { type: "mousePressed", ...button });
    await this.#send("Input.dispatchMouseEvent", { type: "mouseReleased", ...button });
  }

  /** Presses at one place, moves to another, and lets go there. */
  async drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    await this.move(...from);
    const at = ([x, y]: readonly [number, number]) => ({ x, y, button: "left", buttons: 1, clickCount: 1 });
    await this.#send("Input.dispatchMouseEvent", { type: "mousePressed", ...at(from) });
    for (let step = 1; step <= 4; step++) {
      const x = from[0] + (to[0] - from[0]) * step / 4;
      const y = from[1] + (to[1] - from[1]) * step / 4;
      await this.#send("Input.dispatchMouseEvent", { type: "mouseMoved", ...at([x, y]) });
    }
    await this.#send("Input.dispatchMouseEvent", { type: "mouseReleased", ...at(to) });
  }

  /** Turns the wheel. */
  async wheel(x: number, y: number, deltaY: number): Promise<void> {
    await this.#send("Input.dispatchMouseEvent", { type: "mouseWheel", x, y, deltaX: 0, deltaY });
  }

  /** Presses a key by its name, such as `Enter` or `Tab`. */
  async key(key: string): Promise<void> {
    const text = key === "Enter" ? "\r" : key === " " ? " " : undefined;
    const codes: Record<string, number> = {
      Enter: 13,
      Tab: 9,
      Escape: 27,
      " ": 32,
      ArrowLeft: 37,
      ArrowRight: 39,
    };
    const params = { key, code: key, windowsVirtualKeyCode: codes[key] ?? 0, ...text ? { text } : {} };
    await this.#send("Input.dispatchKeyEvent", { type: "keyDown", ...params });
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", ...params });
  }

  /** Sends any other command of the protocol. */
  async send<T = unknown>(method: string, params?: Parameters): Promise<T> {
    return await this.#send<T>(method, params);
  }

  /** Closes the tab. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
