// LZ4 for Parquet, which Deno itself does not have. MIT, no permissions; loaded only for a file that needs it.
export { compressors } from "npm:hyparquet-compressors@1.1.2";
