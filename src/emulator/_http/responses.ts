import { ApiError, jsonResponse } from "../_handler.ts";

/** The headers that let a page of any origin read an answer. */
export const CORS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "*",
  "access-control-expose-headers": "*",
};

/** The error that an SQL statement over its time is answered with. */
function timeoutError(): ApiError {
  return new ApiError(
    429,
    "You are over platform's limits: SQL query timeout error. " +
      "Refactor your query before running again or contact CARTO support for more details.",
    { context: "limit", detail: "datasource" },
  );
}

/** What a database tells about an error, as far as clients learn of it. */
export interface DatabaseReport {
  /** The text. */
  readonly message: string;
  /** The SQLSTATE. */
  readonly code: string;
  /** More about it. */
  readonly detail?: string | undefined;
  /** What to do about it. */
  readonly hint?: string | undefined;
}

/** The answer's error for one that the database reported. */
export function databaseError(report: DatabaseReport): ApiError {
  if (report.message.includes("canceling statement due to statement timeout")) return timeoutError();
  return new ApiError(statusOf(report.message), report.message, { detail: report.detail, hint: report.hint });
}

/** Whatever speaks of a denied permission has status 403, even if a user's own code raised it. */
function statusOf(message: string): number {
  return message.includes("permission denied") ? 403 : 400;
}

/** The JSON document of an error. */
export function errorDocument(error: ApiError): Record<string, unknown> {
  return {
    error: [error.message],
    ...(error.context === undefined ? {} : { context: error.context }),
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
}

/** Answers with an error; under a JSONP callback the status is 200, for a script tag would not see another. */
export function errorResponse(error: ApiError, callback?: string): Response {
  const document = errorDocument(error);
  const name = callback?.replace(/[^\[\]\w$.]/g, "");
  const response = name === undefined || name === "" ? jsonResponse(error.status, document) : new Response(
    `/**/ typeof ${name} === 'function' && ${name}(${scriptSafe(JSON.stringify(document))});`,
    { headers: { "content-type": "text/javascript; charset=utf-8", "x-content-type-options": "nosniff" } },
  );
  response.headers.set("content-disposition", "inline");
  return response;
}

/** JSON allows two characters in strings that old JavaScript takes for ends of lines. */
function scriptSafe(json: string): string {
  return json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** The page of a path that has no route. */
export function notFoundResponse(method: string, path: string): Response {
  const what = `Cannot ${method} ${path}`.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll(
    "'",
    "&#39;",
  )
    .replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const page = [
    "<!DOCTYPE html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    "<title>Error</title>",
    "</head>",
    "<body>",
    `<pre>${what}</pre>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
  return new Response(page, {
    status: 404,
    headers: {
      "content-security-policy": "default-src 'self'",
      "x-content-type-options": "nosniff",
      "content-type": "text/html; charset=utf-8",
    },
  });
}

/** The error of an API that CARTO has and the emulator has not. */
export function notServed(path: string): ApiError {
  return new ApiError(501, `Cannot serve "${path}": the emulator does not have this API`, {
    hint:
      "It serves the SQL API with COPY and batch jobs, the Maps API, imports and synchronised tables, datasets " +
      "and maps (viz, tables, perm), API keys, Kuviz, users, me and a small Data Observatory",
  });
}
