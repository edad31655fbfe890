// deno run --allow-env=CARTO_USERNAME,CARTO_API_KEY,CARTO_BASE_URL --allow-net=127.0.0.1:8080 examples/04_scheduled_job.ts
//
// For a scheduler: credentials from the environment, a deadline, and an exit code that tells.
// Run again after a failure it starts afresh: a replaced table is the old one or the new one, never half.
import {
  Credentials,
  isCartoError,
  readCartoBatches,
  setDefaultCredentials,
  toCarto,
} from "@cartoframes/cartoframes";

const signal = AbortSignal.timeout(10 * 60_000);
try {
  await setDefaultCredentials(await Credentials.resolve());
  // Batches go in as they come out: the memory taken does not grow with the table.
  const measurements = readCartoBatches(
    "SELECT n AS sensor, n * 1.5 AS value, now() AS at FROM generate_series(1, 25000) n",
    { signal },
  );
  const { rows } = await toCarto(measurements, "example_measurements", { ifExists: "replace", signal });
  console.log(`${rows} rows`);
} catch (error) {
  console.error(isCartoError(error) ? `${error.code}: ${error.message} ${error.hint ?? ""}` : error);
  Deno.exit(1);
}
