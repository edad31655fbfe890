import { CredentialsError } from "../errors/credentials_error.ts";

/**
 * The file named by `--creds FILE` or `--creds=FILE` on the command line, the last if repeated.
 * Other arguments are left alone, and so is everything after `--`.
 *
 * @throws {CredentialsError} The flag stands there without a file
 */
export function credsFlag(args: readonly string[]): string | undefined {
  let file: string | undefined;
  for (const [index, arg] of args.entries()) {
    if (arg === "--") break;
    if (arg === "--creds") {
      const next = args[index + 1];
      file = next === undefined || next.startsWith("--") ? "" : next;
    } else if (arg.startsWith("--creds=")) {
      file = arg.slice("--creds=".length);
    }
  }
  if (file === "") {
    throw new CredentialsError("Cannot read credentials: --creds stands without a file", {
      hint: "Write --creds FILE",
    });
  }
  return file;
}
