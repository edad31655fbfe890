// deno run --allow-read=creds.json --allow-net=127.0.0.1:8080 examples/05_classic_apis.ts
//
// The APIs themselves: values quoted by us, a batch job waited for, a COPY as a stream of bytes.
import { Credentials } from "@cartoframes/cartoframes/auth";
import { ClassicClient, sql } from "@cartoframes/cartoframes/classic";

const carto = new ClassicClient(await Credentials.fromFile("creds.json"));

const city = "L'Aquila";
const { rows } = await carto.sql.query(
  sql`SELECT ${city}::text AS city, (9007199254740993::bigint)::text AS big`,
);
console.log(rows[0]);

const job = await carto.batchJobs.create([
  "DROP TABLE IF EXISTS example_numbers",
  "CREATE TABLE example_numbers AS SELECT generate_series(1, 5) AS n",
]);
console.log((await job.wait()).status);

const bytes = await carto.copy.to("COPY example_numbers TO STDOUT WITH (FORMAT csv, HEADER true)");
console.log(await new Response(bytes).text());
