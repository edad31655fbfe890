// Parquet, written. MIT, no permissions; loaded only when a Parquet file is written.
export { ByteWriter, ParquetWriter } from "npm:hyparquet-writer@0.17.0";
export type { ColumnSource } from "npm:hyparquet-writer@0.17.0";
