// Parquet, read. MIT, no permissions; loaded only when a Parquet file is read.
export { parquetMetadataAsync, parquetRead, parquetSchema } from "npm:hyparquet@1.31.5";
export type {
  Compressors,
  DecodedArray,
  FileMetaData,
  SchemaElement,
  SchemaTree,
} from "npm:hyparquet@1.31.5";
