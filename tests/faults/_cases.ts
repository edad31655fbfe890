import type { ToCartoOptions } from "../../src/tables/mod.ts";
import type { Answer, Fault, Harm, Step } from "./_proxy.ts";
import { type Mode, MODES } from "./_uploads.ts";

/** One upload and what goes wrong with it. */
export interface Case {
  readonly name: string;
  readonly mode: Mode;
  readonly faults: readonly Fault[];
  /** Whether the upload is to fail or to succeed all the same; either when not given. */
  readonly outcome?: "failed" | "written";
  /** Whether the caller aborts when the harm is done. */
  readonly aborts?: boolean;
  /** Whether the caller may be told that nobody knows. */
  readonly mayBeUnknown?: boolean;
  readonly options?: ToCartoOptions;
}

/** The answers of servers, proxies and gateways that stand where CARTO should. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  "500 with a message": json(500, { error: ["something broke"] }),
  "503 page": html(503, "Service Unavailable"),
  "504 without a body": { status: 504, type: "text/plain", body: "" },
  "400 of the database": json(400, { error: ["out of shared memory"] }),
  "403 page": html(403, "Forbidden"),
  "404 page": html(404, "Not Found"),
  "429 for too many requests": json(429, { error: ["limit"], context: "limit", detail: "rate-limit" }, {
    "retry-after": "1",
  }),
  "200 with an error": json(200, { error: ["something broke"] }),
  "200 page of a portal": html(200, "Please log in"),
  "200 cut JSON": { status: 200, type: "application/json", body: '{"rows":[{"sch' },
  "200 empty": { status: 200, type: "application/json", body: "" },
  "302 to a login": {
    status: 302,
    type: "text/plain",
    body: "",
    headers: { location: "https://login.example/" },
  },
};

/** The server's word for a statement that took too long: the last step then becomes a batch job. */
const TOO_LONG: Fault = {
  step: "finish",
  times: 99,
  harm: {
    kind: "answer",
    answer: json(429, {
      error: ["You are over platform's limits: SQL query timeout error."],
      context: "limit",
      detail: "datasource",
    }),
  },
};

function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return { status, type: "application/json", body: JSON.stringify(body), headers };
}

function html(status: number, title: string): Answer {
  return {
    status,
    type: "text/html",
    body: `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  };
}

/** Each case in two of the four modes, all modes in turn. */
function inTwoModes(casesOf: (mode: Mode) => Case[]): Case[] {
  return MODES.flatMap((mode, at) => casesOf(mode).filter((_, index) => index % 2 === at % 2));
}

const lost: Harm = { kind: "cut-answer", bytes: 0 };

/** The upload cut off at bytes that mean something, in each mode; `body` is the whole of it. */
export function cutUploads(mode: Mode, body: Uint8Array): Case[] {
  // A character for each byte
  const text = Array.from(body, (byte) => String.fromCharCode(byte)).join("");
  const after = (part: string, more = 0) => {
    const at = text.indexOf(part);
    if (at < 0) throw new Error(`the upload has no ${JSON.stringify(part)}`);
    return at + part.length + more;
  };
  const geometry = after("0101000020E6100000");
  const places: Record<string, number> = {
    "before the first byte": 0,
    "after the first byte": 1,
    "within the first number": 2,
    "before the first bar": text.indexOf("|"),
    "after the first bar": text.indexOf("|") + 1,
    "within the first row": 20,
    "after an opening quote": after('|"'),
    "within doubled quotes": after('""'),
    "within a quoted value": after('"say ""h'),
    "at a line feed in a value": after("line\n"),
    "after a quoted bar": after('"a|'),
    "within a letter of two bytes": after("\xc3"),
    "within a character of four bytes": after("\xf0\x9f"),
    "at a quoted null": after('"__nu'),
    "within a null": after("|__nu"),
    "within a backslash": after("\\"),
    "after the type of a geometry": geometry,
    "in the middle of a coordinate": geometry + 9,
    "in the middle of a geometry": geometry + 16,
    "one digit before its end": geometry + 31,
    "after the first row": text.indexOf("E6100000") + 41,
    "in the middle": body.length >> 1,
    "at the last comma": text.lastIndexOf("|"),
    "before the last line feed": body.length - 1,
    "after the last byte": body.length,
  };
  return Object.entries(places).map(([place, bytes]) => ({
    name: `connection cut ${place} (${bytes} of ${body.length} bytes)`,
    mode,
    faults: [{ step: "copy", harm: { kind: "cut-request", bytes } }],
    outcome: "failed",
  }));
}

/** A binary upload cut off in its head, between rows, within a length, before its trailer. */
export function cutBinary(mode: Mode, length: number): Case[] {
  return [0, 5, 11, 18, 19, 20, 21, 25, length >> 1, length - 3, length - 2, length - 1, length].map((
    bytes,
  ) => ({
    name: `connection cut at byte ${bytes} of ${length} of a binary upload`,
    mode,
    faults: [{ step: "copy", harm: { kind: "cut-request", bytes } }],
    outcome: "failed",
    options: { copyFormat: "binary" },
  }));
}

/** Each step answered by something else than the server: once, and as often as it is asked. */
export function wrongAnswers(): Case[] {
  const steps: Step[] = ["quota", "look", "create", "copy", "finish"];
  return steps.flatMap((step, at) =>
    Object.entries(ANSWERS).flatMap(([word, answer], number) =>
      (number % 4 === 0 ? [1, 99] : number % 2 === 1 ? [99] : [1]).map((times) => ({
        name: `${step} answered with ${word}${times > 1 ? ", again and again" : ""}`,
        mode: MODES[(at + number + (times === 1 ? 0 : 1)) % 4] as Mode,
        faults: [{ step, times, harm: { kind: "answer" as const, answer } }],
      }))
    )
  );
}

/** The server does its work, and its answer is lost or another comes in its place. */
export function lostAnswers(): Case[] {
  return MODES.flatMap((mode): Case[] => [
    { name: "answer to the look lost", mode, faults: [{ step: "look", harm: lost }], outcome: "written" },
    { name: "staging made, answer lost", mode, faults: [{ step: "create", harm: lost }], outcome: "failed" },
    { name: "rows stored, answer lost", mode, faults: [{ step: "copy", harm: lost }], outcome: "failed" },
    {
      name: "last step done, answer lost",
      mode,
      faults: [{ step: "finish", harm: lost }],
      outcome: "written",
    },
    {
      name: "last step done, answer cut in its head",
      mode,
      faults: [{ step: "finish", harm: { kind: "cut-answer", bytes: 40 } }],
      outcome: "written",
    },
    {
      name: "last step done, answer cut before its last byte",
      mode,
      faults: [{ step: "finish", harm: { kind: "cut-answer", bytes: -1 } }],
      outcome: "written",
    },
    ...["502 page", "404 page", "200 page of a portal", "200 cut JSON"].map((word): Case => ({
      name: `last step done, answered with ${word}`,
      mode,
      faults: [{
        step: "finish",
        harm: { kind: "answer", answer: ANSWERS[word] ?? html(502, "Bad Gateway"), server: "before" },
      }],
      outcome: "written",
    })),
    {
      name: "last step never came, answered with 502",
      mode,
      faults: [{ step: "finish", harm: { kind: "answer", answer: html(502, "Bad Gateway") } }],
      outcome: "written",
    },
    {
      name: "last step comes late, while it is sent again",
      mode,
      faults: [{ step: "finish", harm: { kind: "answer", answer: html(502, "Bad Gateway"), server: 5 } }],
      outcome: "written",
    },
    {
      name: "last step comes late, just before it is sent again",
      mode,
      faults: [{
        step: "finish",
        harm: { kind: "answer", answer: html(502, "Bad Gateway"), server: "next" },
      }],
      outcome: "written",
    },
    {
      name: "last step done, answer and the look after it lost",
      mode,
      faults: [{ step: "finish", harm: lost }, { step: "probe", times: 2, harm: lost }],
      outcome: "written",
    },
    {
      name: "last step done, answer lost, the look after it answered with a 404 page",
      mode,
      faults: [{ step: "finish", harm: lost }, {
        step: "probe",
        times: 2,
        harm: { kind: "answer", answer: html(404, "Not Found") },
      }],
      outcome: "written",
    },
    {
      name: "last step not done, answer lost, the look after it answered with a 404 page",
      mode,
      faults: [{ step: "finish", times: 99, harm: { kind: "cut-request", bytes: 10 } }, {
        step: "probe",
        times: 99,
        harm: { kind: "answer", answer: html(404, "Not Found") },
      }],
      outcome: "failed",
    },
    {
      name: "last step done, answer lost, and nobody answers any more",
      mode,
      faults: [{ step: "finish", harm: lost }, { step: "probe", times: 99, harm: lost }, {
        step: "drop",
        harm: { kind: "answer", answer: html(502, "Bad Gateway") },
      }],
      mayBeUnknown: true,
    },
    {
      name: "last step not done, and clearing up fails",
      mode,
      faults: [{ step: "finish", times: 99, harm: { kind: "cut-request", bytes: 0 } }, {
        step: "drop",
        times: 99,
        harm: { kind: "answer", answer: html(503, "Service Unavailable") },
      }],
      outcome: "failed",
    },
    {
      name: "upload cut, and clearing up answered with 500",
      mode,
      faults: [{ step: "copy", harm: { kind: "cut-request", bytes: 100 } }, {
        step: "drop",
        times: 99,
        harm: { kind: "answer", answer: json(500, { error: ["no"] }) },
      }],
      outcome: "failed",
    },
    {
      name: "staging made and answer lost, clearing up lost too",
      mode,
      faults: [{ step: "create", harm: lost }, {
        step: "drop",
        times: 99,
        harm: { kind: "cut-request", bytes: 0 },
      }],
      outcome: "failed",
    },
    {
      name: "upload cut, staging dropped, and its answer lost",
      mode,
      faults: [{ step: "copy", harm: { kind: "cut-request", bytes: 100 } }, { step: "drop", harm: lost }],
      outcome: "failed",
    },
    {
      name: "fewer rows arrive than were sent",
      mode,
      faults: [{
        step: "copy",
        harm: { kind: "answer", answer: json(200, { time: 0.1, total_rows: 199 }), server: "before" },
      }],
      outcome: "failed",
    },
  ]);
}

/** What an update by key asks afterwards. */
export function tallyFaults(): Case[] {
  return (["tally", "drop"] as const).flatMap((step): Case[] => [
    {
      name: `${step} after an update lost`,
      mode: "upsert",
      faults: [{ step, harm: lost }],
      outcome: "written",
    },
    {
      name: `${step} after an update answered with 503, again and again`,
      mode: "upsert",
      faults: [{ step, times: 99, harm: { kind: "answer", answer: html(503, "Service Unavailable") } }],
      outcome: "written",
    },
  ]);
}

/** The last step as a batch job. */
export function jobFaults(): Case[] {
  const looked = (status: string, more: Record<string, unknown> = {}, times = 99): Fault => ({
    step: "job-look",
    times,
    harm: {
      kind: "answer",
      server: 0,
      answer: json(200, { job_id: "1", user: "demo", query: "", status, ...more }),
    },
  });
  return inTwoModes((mode): Case[] => [
    {
      name: "the job cannot be made: 500",
      mode,
      faults: [TOO_LONG, {
        step: "job",
        times: 99,
        harm: { kind: "answer", answer: json(500, { error: ["no"] }) },
      }],
      outcome: "failed",
    },
    {
      name: "the job is made, and the answer lost",
      mode,
      faults: [TOO_LONG, { step: "job", harm: lost }],
      outcome: "written",
    },
    {
      name: "the job is made, answered with 504, and made again",
      mode,
      faults: [TOO_LONG, {
        step: "job",
        harm: { kind: "answer", answer: html(504, "Gateway Timeout"), server: 10 },
      }],
      outcome: "written",
    },
    {
      name: "looks at the job lost and refused",
      mode,
      faults: [TOO_LONG, { step: "job-look", times: 2, harm: lost }, {
        step: "job-look",
        times: 2,
        harm: { kind: "answer", answer: html(503, "Service Unavailable") },
      }],
      outcome: "written",
    },
    {
      name: "the job is said to have failed, before it begins",
      mode,
      faults: [
        TOO_LONG,
        {
          step: "job",
          times: 99,
          harm: { kind: "answer", answer: json(201, jobOf("failed", "out of memory")) },
        },
        looked("failed", { failed_reason: "out of memory" }),
      ],
      outcome: "failed",
    },
    {
      name: "the job is cancelled by somebody",
      mode,
      faults: [
        TOO_LONG,
        { step: "job", times: 99, harm: { kind: "answer", answer: json(201, jobOf("pending")) } },
        looked("cancelled"),
      ],
      outcome: "failed",
    },
    {
      name: "the job is done, and said to be unknown",
      mode,
      faults: [TOO_LONG, looked("unknown")],
      outcome: "written",
    },
    {
      name: "the job is unknown and was never run",
      mode,
      faults: [
        TOO_LONG,
        { step: "job", times: 99, harm: { kind: "answer", answer: json(201, jobOf("pending")) } },
        looked("unknown"),
      ],
      outcome: "failed",
    },
    {
      name: "abort while the job is waited for",
      mode,
      aborts: true,
      faults: [TOO_LONG, { step: "job-look", harm: { kind: "cut-request", bytes: 0, hold: true } }],
    },
  ]);
}

function jobOf(status: string, failed_reason?: string): Record<string, unknown> {
  return {
    job_id: "1",
    user: "demo",
    query: "",
    status,
    ...(failed_reason === undefined ? {} : { failed_reason }),
  };
}

/** The caller aborts: before the server hears of a step, in the middle of an upload, after the server's work. */
export function aborts(): Case[] {
  const steps: Step[] = ["quota", "look", "create", "copy", "finish"];
  return inTwoModes((mode) =>
    steps.flatMap((step): Case[] => [
      {
        name: `abort ${step === "copy" ? "in the middle of the upload" : `as ${step} is sent`}`,
        mode,
        aborts: true,
        faults: [{ step, harm: { kind: "cut-request", bytes: step === "copy" ? 2000 : 0, hold: true } }],
        outcome: "failed",
      },
      {
        name: `abort after ${step}, before its answer comes`,
        mode,
        aborts: true,
        faults: [{ step, harm: { kind: "cut-answer", bytes: 0, hold: true } }],
        // What is done is done, and told as that
        outcome: step === "finish" ? "written" : "failed",
      },
    ])
  );
}

/** What goes wrong with a change of privacy. */
export function privacyHarms(): [string, Harm][] {
  return [
    ["refused with 500", { kind: "answer", answer: json(500, { errors: ["no"] }) }],
    ["answered with a 403 page", { kind: "answer", answer: html(403, "Forbidden") }],
    ["changed, answer lost", lost],
    ["changed, answer cut", { kind: "cut-answer", bytes: -5 }],
    ["never heard", { kind: "cut-request", bytes: 0 }],
  ];
}

/** A server that is silent: the client gives up by itself. */
export function silences(): Case[] {
  return (["look", "create"] as const).flatMap((step): Case[] =>
    [true, false].map((hears) => ({
      name: `${step}: the server ${hears ? "works and then" : ""} is silent`,
      mode: step === "look" ? "upsert" : "append",
      faults: [{
        step,
        harm: hears
          ? { kind: "cut-answer", bytes: 0, hold: true }
          : { kind: "cut-request", bytes: 0, hold: true },
      }],
      options: { transport: { timeout: 100 } },
    }))
  );
}

/** The moments at which the process is killed. */
export function kills(): (Case & { outcome: "failed" | "written" })[] {
  return (["replace", "upsert"] as const).flatMap((mode) => [
    ...([["look", 0], ["create", 0], ["copy", 0], ["copy", 3000], ["finish", 0]] as const).map((
      [step, bytes],
    ) => ({
      name: `process killed as ${step} is sent (${bytes} bytes of it)`,
      mode,
      faults: [{ step, harm: { kind: "cut-request" as const, bytes, hold: true } }],
      outcome: "failed" as const,
    })),
    ...(["create", "copy", "finish"] as const).map((step) => ({
      name: `process killed after ${step}, before its answer came`,
      mode,
      faults: [{ step, harm: { kind: "cut-answer" as const, bytes: 0, hold: true } }],
      outcome: step === "finish" ? "written" as const : "failed" as const,
    })),
  ]);
}
