/**
 * Files of tables and geometries, in and out.
 *
 * @module
 */
export type {
  FileFormat,
  FileInput,
  ReadFileOptions,
  WriteFileOptions,
  WriteFileReport,
} from "./file_options.ts";
export type { FramesInput } from "./_frames_of.ts";
export * from "./decode_file.ts";
export * from "./encode_file.ts";
export { readFile } from "./read_file.ts";
export * from "./read_file_batches.ts";
export * from "./write_file.ts";
