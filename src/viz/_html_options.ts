/** How a map becomes HTML. */
export interface ToHtmlOptions {
  /**
   * Where the viewer's code is: `inline` in the page itself, which then opens without a network; or `cdn`, at exact
   * versions with their hashes, for a small file. Default: `inline`, unless the built viewer is not at hand.
   */
  assets?: "inline" | "cdn" | undefined;
  /** Ends the reading of tables and files; its reason is thrown. */
  signal?: AbortSignal | undefined;
}

/** How a map is written into a file. */
export interface SaveOptions extends ToHtmlOptions {}
