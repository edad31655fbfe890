import { assert, assertEquals } from "@std/assert";
import {
  CartoError,
  DataError,
  isCartoError,
  JobError,
  PermissionError,
} from "../../src/errors/carto_error.ts";

Deno.test("isCartoError: knows an error of another copy of the module by its mark", () => {
  const foreign = Object.defineProperty(new Error("x"), Symbol.for("cartoframes.error"), { value: true });
  assert(isCartoError(foreign));
  assert(isCartoError(new CartoError("network", "x")));
  assert(!isCartoError(new Error("x")));
  assert(!isCartoError({ code: "network" }));
});

Deno.test("CartoError: toJSON has message, code, hint and the fields of the subclass", () => {
  const error = new PermissionError("Cannot read", { flags: ["--allow-read=a"] });
  assertEquals(JSON.parse(JSON.stringify(error)), {
    name: "PermissionError",
    code: "permission",
    message: "Cannot read",
    hint: "Add to this run: --allow-read=a",
    flags: ["--allow-read=a"],
  });
});

Deno.test("DataError: puts the place before the message", () => {
  const error = new DataError("latitude 222 is out of range", { place: { row: 17, column: "lat" } });
  assertEquals(error.message, 'row 17, column "lat": latitude 222 is out of range');
});

Deno.test("JobError: both spellings of cancelled have the same code", () => {
  assertEquals(new JobError("x", { jobId: "1", status: "canceled" }).code, "job-cancelled");
  assertEquals(new JobError("x", { jobId: "1", status: "cancelled" }).code, "job-cancelled");
  assertEquals(new JobError("x", { jobId: "1", status: "unknown" }).code, "job-failed");
});
