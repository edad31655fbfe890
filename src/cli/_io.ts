/** Where the command line reads and writes; tests hand in their own. */
export interface CliIo {
  /** Writes to standard output, all of it. */
  write(data: string | Uint8Array): Promise<void>;
  /** Writes a line of text to standard error. */
  warn(text: string): Promise<void>;
  /** Shows how far a long work is; silent unless standard error is a terminal. */
  progress(text: string): void;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** A path as the user typed it, seen from the folder where the user typed it. */
  path(given: string): string;
}

/** The process's own streams, with paths seen from `folder` where one is given. */
export function processIo(folder: string | undefined): CliIo {
  const encoder = new TextEncoder();
  const showsProgress = Deno.stderr.isTerminal();
  let progressShown = false;
  const clearProgress = () => {
    if (progressShown) Deno.stderr.writeSync(encoder.encode("\r\x1b[K"));
    progressShown = false;
  };
  return {
    isTerminal: Deno.stdout.isTerminal(),
    async write(data) {
      clearProgress();
      let rest = typeof data === "string" ? encoder.encode(data) : data;
      while (rest.length > 0) rest = rest.subarray(await Deno.stdout.write(rest));
    },
    async warn(text) {
      clearProgress();
      let rest: Uint8Array = encoder.encode(`${text}\n`);
      while (rest.length > 0) rest = rest.subarray(await Deno.stderr.write(rest));
    },
    progress(text) {
      if (!showsProgress) return;
      Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${text}`));
      progressShown = true;
    },
    path(given) {
      if (folder === undefined || /^([/\\]|[A-Za-z]:[/\\])/.test(given)) return given;
      return `${folder.replace(/[/\\]$/, "")}/${given}`;
    },
  };
}
