/**
 * A PostgreSQL server for one test run: its own cluster in a temporary folder, on a free port, gone afterwards.
 *
 * Run as a program it starts one, prints its URL, and stops it when its standard input ends.
 */

/** A running server. */
export interface TestServer extends AsyncDisposable {
  /** `postgres://` with its superuser and password. */
  readonly url: string;
}

/** The folder of the newest server programs; `undefined` where PostgreSQL with PostGIS is not installed. */
export async function findPostgres(): Promise<string | undefined> {
  const root = "/usr/lib/postgresql";
  const versions: number[] = [];
  try {
    for await (const { name } of Deno.readDir(root)) {
      const hasPostgis = await Deno.stat(`/usr/share/postgresql/${name}/extension/postgis.control`)
        .then(() => true, () => false);
      if (hasPostgis) versions.push(Number(name));
    }
  } catch {
    return undefined;
  }
  const newest = Math.max(...versions);
  return versions.length === 0 ? undefined : `${root}/${newest}/bin`;
}

/** Runs a server program, as the user `postgres` when we are root, which the programs refuse. */
async function run(program: string, args: string[]): Promise<void> {
  const command = Deno.uid() === 0
    ? new Deno.Command("runuser", { args: ["-u", "postgres", "--", program, ...args], stdin: "null" })
    : new Deno.Command(program, { args, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  if (!success) {
    throw new Error(
      `${program} failed: ${new TextDecoder().decode(stdout)}${new TextDecoder().decode(stderr)}`,
    );
  }
}

/** Makes a cluster and starts it. */
export async function startPostgres(bin: string): Promise<TestServer> {
  const folder = await Deno.makeTempDir({ prefix: "cartoframes-postgres-" });
  await Deno.chmod(folder, 0o777);
  const data = `${folder}/data`;
  try {
    await run(`${bin}/initdb`, [
      ...["-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
    ]);
    const port = freePort();
    const settings = [
      `-p ${port}`,
      "-c listen_addresses=127.0.0.1",
      `-c unix_socket_directories=${folder}`,
      "-c fsync=off",
      "-c synchronous_commit=off",
      "-c full_page_writes=off",
      "-c timezone=UTC",
    ];
    await run(`${bin}/pg_ctl`, [
      "-D",
      data,
      "-w",
      "-s",
      "-l",
      `${folder}/log`,
      "-o",
      settings.join(" "),
      "start",
    ]);
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      [Symbol.asyncDispose]: async () => {
        await run(`${bin}/pg_ctl`, ["-D", data, "-w", "-s", "-m", "immediate", "stop"]);
        await Deno.remove(folder, { recursive: true });
      },
    };
  } catch (error) {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    throw error;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

if (import.meta.main) {
  const bin = await findPostgres();
  if (bin === undefined) throw new Error("PostgreSQL with PostGIS is not installed");
  await using server = await startPostgres(bin);
  await Deno.stdout.write(new TextEncoder().encode(`${server.url}\n`));
  await Array.fromAsync(Deno.stdin.readable);
}
