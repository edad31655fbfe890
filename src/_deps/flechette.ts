// Arrow's IPC format, read. BSD-3-Clause, no permissions; loaded only when an Arrow file is read.
export { setCompressionCodec, tableFromIPC } from "npm:@uwdata/flechette@2.6.0";
