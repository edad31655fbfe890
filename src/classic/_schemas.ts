// Loaded with `await import(...)` when the first answer is checked: zod costs about 15 ms.
import * as z from "../_deps/zod_mini.ts";

const text = z.optional(z.nullable(z.string()));
const count = z.optional(z.nullable(z.number()));
/** Rows are converted one by one later; looking at each here would be work done twice. */
const list = z.custom<unknown[]>((value) => Array.isArray(value), "Expected a list");

/** The answer of `api/v2/sql` in JSON. */
export const sqlAnswer = z.looseObject({
  rows: list,
  time: count,
  total_rows: count,
  fields: z.optional(z.record(
    z.string(),
    z.looseObject({
      type: z.string(),
      pgtype: text,
      wkbtype: text,
      dims: count,
      srid: count,
    }),
  )),
  notices: z.optional(z.array(z.string())),
  warnings: z.optional(z.array(z.string())),
  infos: z.optional(z.array(z.string())),
});

/** The answer of `api/v2/sql` in GeoJSON. */
export const geojsonAnswer = z.looseObject({ type: z.literal("FeatureCollection"), features: list });

/** The answer of `api/v2/sql/copyfrom`. */
export const copyAnswer = z.looseObject({ total_rows: z.number(), time: count });

/** A document of `api/v2/sql/job`. */
export const jobDocument = z.looseObject({
  job_id: z.string(),
  status: z.string(),
  user: text,
  query: z.optional(z.unknown()),
  created_at: text,
  updated_at: text,
  failed_reason: text,
  fallback_status: text,
});

/** The answer of `api/v3/me`. */
export const meDocument = z.looseObject({
  user_data: z.optional(z.nullable(z.looseObject({
    id: z.string(),
    username: z.string(),
    email: text,
    remaining_byte_quota: count,
    quota_in_bytes: count,
    organization: z.optional(z.nullable(z.looseObject({}))),
  }))),
  config: z.optional(z.nullable(z.looseObject({ user_name: text }))),
});

/** One dataset of `api/v1/viz`. */
export const dataset = z.looseObject({
  id: z.string(),
  name: z.string(),
  privacy: text,
  type: text,
  description: text,
  tags: z.optional(z.nullable(z.array(z.string()))),
  created_at: text,
  updated_at: text,
  locked: z.optional(z.nullable(z.boolean())),
  dependent_visualizations_count: count,
});

/** One page of `api/v1/viz`. */
export const datasetPage = z.looseObject({
  visualizations: z.array(dataset),
  total_entries: count,
  total_user_entries: count,
  total: count,
});

/** A permission, as `api/v1/viz` and `api/v1/perm` tell it. */
export const permission = z.looseObject({
  id: z.string(),
  owner: z.optional(z.nullable(z.looseObject({ id: z.string(), username: text }))),
  acl: z.optional(z.nullable(z.array(z.looseObject({
    type: z.enum(["user", "org", "group"]),
    entity: z.looseObject({ id: z.string() }),
    access: z.enum(["r", "rw", "n"]),
  })))),
});
