import type { ToHtmlOptions } from "./_html_options.ts";

/** How a map is opened in a browser. */
export interface OpenOptions extends ToHtmlOptions {
  /**
   * Whether a browser is started: the user's own, or a program by its name or path; false only serves the page.
   * Default: true.
   */
  browser?: boolean | string | undefined;
  /** Ends the reading of tables and files, and later the serving of the page. */
  signal?: AbortSignal | undefined;
}

/** A page that is served on this machine until it is closed or the program ends. */
export interface OpenedPage extends AsyncDisposable {
  /** The address, which works on this machine only and which nobody can guess. */
  readonly url: string;
  /** Whether a browser was started; if not, open the address by hand. */
  readonly isShown: boolean;
  /** Serves the page no longer. What a browser shows already stays. */
  close(): Promise<void>;
}

/** How a picture of a map is taken. */
export interface PngOptions extends ToHtmlOptions {
  /** The width of the page in CSS pixels. Default: that of the map where it has one in pixels, else 1024. */
  width?: number | undefined;
  /** The height of the page in CSS pixels. Default: that of the map where it has one in pixels, else 640. */
  height?: number | undefined;
  /** How many pixels of the picture a CSS pixel is. Default: 1. */
  scale?: number | undefined;
  /** The program, by its name or path: a Chromium, Chrome or Edge. Default: the first that is installed. */
  browser?: string | undefined;
  /** How long drawing may take, in seconds. Default: 60. */
  timeout?: number | undefined;
}
