import type { Engine } from "../_db/engine.ts";
import { parseError } from "../_db/protocol.ts";
import { ApiError, type HandlerRequest } from "../_handler.ts";
import { BodyStream } from "./body_stream.ts";
import { CopyOutput } from "./copy_output.ts";
import { COPY_TIMEOUT, readCopySql } from "./copy_sql.ts";
import { textOf } from "./parameters.ts";
import { databaseError } from "./responses.ts";

const DEFAULT_FILENAME = "carto-sql-copyto.dmp";

/** Milliseconds without an answer to a COPY that reads. */
const IN_VAIN = 60_000;

/**
 * `GET|POST …/sql/copyto`: the data of a `COPY … TO STDOUT` as they come.
 *
 * @throws {ApiError} Without a COPY statement, and for an error that comes before any data were sent
 */
export function copyTo(engine: Engine, request: HandlerRequest): Promise<Response> {
  const sql = readCopySql(request.parameters);
  const filename = textOf(request.parameters, "filename") ?? DEFAULT_FILENAME;
  const headers = {
    "content-disposition": `attachment; filename=${encodeURIComponent(filename)}`,
    "content-type": "application/octet-stream",
  };
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const body = new BodyStream();
  const output = new CopyOutput(send);
  let isStarted = false;
  let failure: ApiError | undefined;
  let isInput = false;

  function send(data: Uint8Array<ArrayBuffer>): void | Promise<void> {
    if (!isStarted) resolve(new Response(body.readable, { headers }));
    isStarted = true;
    return body.write(data);
  }

  function finish(): void {
    if (isInput) {
      waitInVain(request.signal).then(() => reject(failure ?? new ApiError(400, "No rows copied")));
      return;
    }
    void output.flush();
    if (failure !== undefined && !isStarted) {
      reject(failure);
      return;
    }
    const rest = output.rest();
    if (failure !== undefined) {
      send(new TextEncoder().encode(JSON.stringify({ error: [failure.message] })));
    } else if (rest.length > 0) {
      send(rest);
    } else if (!isStarted) {
      resolve(new Response("", { headers }));
    }
    body.close();
  }

  engine.run(sql, {
    role: request.key.role,
    statementTimeout: COPY_TIMEOUT,
    signal: AbortSignal.any([request.signal, body.signal]),
    onCopyData: (messages) => output.put(messages),
    onMessage({ type, payload }) {
      if (type === "H") output.skip(payload);
      else if (type === "G") isInput = true;
      else if (type === "E") failure ??= databaseError(parseError(payload));
    },
  }).then(finish).catch((error) => {
    void output.flush();
    body.fail(error);
    reject(error);
  });
  return promise;
}

/** A server that was told to read waits for data that a client of this endpoint cannot send; it answers late. */
async function waitInVain(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, IN_VAIN);
  const stop = () => resolve();
  signal.addEventListener("abort", stop);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", stop);
}
