import type { Credentials } from "../auth/credentials.ts";
import { isCartoError } from "../errors/carto_error.ts";
import { checkUpload } from "../tables/check_upload.ts";
import type { Command, CommandContext } from "./_command.ts";
import { FILE_OPTIONS, fileInput } from "./_file_input.ts";
import { inFlags } from "./_in_flags.ts";

/** Looks at a file as an upload would, and writes nothing. The exit code is 1 where there are errors. */
export const check: Command = {
  usage: "FILE --table NAME [--if-exists fail|replace|append|upsert] [--key COLUMNS] [--creds FILE] [--json]",
  words: [1, 1],
  options: FILE_OPTIONS,
  async run(context) {
    const { flag, io } = context;
    const { table, options, open } = fileInput(context, "check");
    const report = await checkUpload(({ onBadValue }) => open(onBadValue), table, {
      ...options,
      credentials: await credentialsIfAny(context),
      onProgress: ({ rows }) => io.progress(`${rows.toLocaleString("en")} rows`),
    });
    await io.write(flag("json") ? `${JSON.stringify(report)}\n` : `${inFlags(String(report))}\n`);
    return report.ok ? 0 : 1;
  },
};

/** The credentials; undefined where there are none, since the data can be looked at without. */
async function credentialsIfAny({ credentials, option }: CommandContext): Promise<Credentials | undefined> {
  try {
    return await credentials();
  } catch (error) {
    if (option("creds") !== undefined || !isCartoError(error) || error.code !== "credentials") throw error;
    return undefined;
  }
}
