/**
 * A headless Chromium for tests and benches: the one that takes pictures of maps, whose tabs also tell what they asked
 * the network for and what they wrote to the console, and take a pointer and a keyboard.
 */
import {
  Chromium as Browser,
  type Exception,
  type Session,
  Tab as BrowserTab,
  type TabSize,
} from "../../src/viz/_chromium.ts";
import { type Picture, readPng } from "./png.ts";

const PROGRAMS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const FLAGS = [
  "--no-sandbox",
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

/** A running browser. */
export class Chromium extends Browser {
  /** Starts one that reaches nothing but this machine. */
  static override async start(program: string, flags: readonly string[] = []): Promise<Chromium> {
    return await super.start(program, [...FLAGS, ...flags]) as Chromium;
  }

  /** Opens an empty tab of a size in CSS pixels. */
  override async tab(size: TabSize = { width: 800, height: 600 }): Promise<Tab> {
    const tab = await this.openTab(size, Tab);
    await Promise.all([tab.send("Network.enable"), tab.send("Log.enable")]);
    return tab;
  }
}

/** A picture that the browser presented, and when it came, by `performance.now()`. */
export interface Frame {
  readonly at: number;
  readonly png: Uint8Array<ArrayBuffer>;
}

/** One tab. */
export class Tab extends BrowserTab {
  /** The addresses that were asked for, the page itself and `data:` and `blob:` among them. */
  readonly requests: string[] = [];
  /** What was written to the console, and what went wrong: `error: …`, `warning: …`. */
  readonly console: string[] = [];
  /** The frames of a screencast. */
  readonly frames: Frame[] = [];

  /** Made by {@linkcode Chromium.tab}. */
  constructor(session: Session) {
    super(session);
  }

  /** Takes in an event of the protocol. */
  override receive(method: string, params: unknown): void {
    super.receive(method, params);
    const { request, exceptionDetails, type, args, entry, data, sessionId } = params as TabEvent;
    if (request && method === "Network.requestWillBeSent") this.requests.push(request.url);
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
      this.send("Page.screencastFrameAck", { sessionId }).catch(() => {});
    }
  }

  /** Keeps the frames that are presented from now on in {@linkcode frames}. */
  async record(): Promise<void> {
    await this.send("Page.startScreencast", { format: "png", everyNthFrame: 1 });
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string, seconds = 30): Promise<void> {
    if (await this.waitFor(expression, seconds)) return;
    throw new Error(`Not within ${seconds} s: ${expression}\n${this.console.join("\n")}`);
  }

  /** What is on the screen, as pixels. */
  async pixels(): Promise<Picture> {
    return await readPng(await this.screenshot());
  }

  /** Moves the pointer. */
  async move(x: number, y: number): Promise<void> {
    await this.send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
  }

  /** Presses and lets go of the left button. */
  async click(x: number, y: number): Promise<void> {
    await this.move(x, y);
    const button = { x, y, button: "left", clickCount: 1 };
    await this.send("Input.dispatchMouseEvent", { type: "mousePressed", ...button });
    await this.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...button });
  }

  /** Presses at one place, moves to another, and lets go there. */
  async drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    await this.move(...from);
    const at = ([x, y]: readonly [number, number]) => ({ x, y, button: "left", buttons: 1, clickCount: 1 });
    await this.send("Input.dispatchMouseEvent", { type: "mousePressed", ...at(from) });
    for (let step = 1; step <= 4; step++) {
      const x = from[0] + (to[0] - from[0]) * step / 4;
      const y = from[1] + (to[1] - from[1]) * step / 4;
      await this.send("Input.dispatchMouseEvent", { type: "mouseMoved", ...at([x, y]) });
    }
    await this.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...at(to) });
  }

  /** Turns the wheel. */
  async wheel(x: number, y: number, deltaY: number): Promise<void> {
    await this.send("Input.dispatchMouseEvent", { type: "mouseWheel", x, y, deltaX: 0, deltaY });
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
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...params });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...params });
  }
}
