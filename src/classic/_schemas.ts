// Loaded with `await import(...)` when the first answer is checked: zod costs about 15 ms.
import * as z from "../_deps/zod_mini.ts";

const text = z.optional(z.nullable(z.string()));
const count = z.optional(z.nullable(z.number()));
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

/** The answer of `api/v3/visualization_exports`. */
export const visualizationExport = z.looseObject({
  id: z.string(),
  state: z.string(),
  visualization_id: text,
  user_id: text,
  url: text,
});

/** The answer of `api/v1/tables`. */
export const tableDocument = z.looseObject({
  id: z.string(),
  name: z.string(),
  privacy: text,
  updated_at: text,
  rows_counted: count,
  row_count: count,
  size: count,
  table_size: count,
  map_id: text,
  description: text,
  geometry_types: z.optional(z.nullable(z.array(z.string()))),
  table_visualization: z.optional(z.nullable(z.looseObject({ id: z.string() }))),
});

/** One key of `api/v3/api_keys`. */
export const apiKey = z.looseObject({
  name: z.string(),
  type: z.string(),
  token: z.string(),
  user: z.optional(z.nullable(z.looseObject({ username: text }))),
  grants: z.optional(z.unknown()),
  created_at: text,
  updated_at: text,
});

/** One page of `api/v3/api_keys`. */
export const apiKeyPage = z.looseObject({ result: z.array(apiKey), total: count, count });

/** One page that CARTO shows, of `api/v4/kuviz`. */
export const kuviz = z.looseObject({
  id: z.string(),
  name: z.string(),
  privacy: z.string(),
  url: z.string(),
  created_at: text,
  updated_at: text,
});

/** One page of the list of `api/v4/kuviz`. */
export const kuvizPage = z.looseObject({
  visualizations: z.array(kuviz),
  total_entries: count,
  total_user_entries: count,
  total: count,
});

const flag = z.optional(z.nullable(z.boolean()));

/** A user of `api/v1/users` or `api/v1/organization`. */
export const user = z.looseObject({
  username: z.string(),
  email: text,
  name: text,
  last_name: text,
  base_url: text,
  avatar_url: text,
  quota_in_bytes: count,
  db_size_in_bytes: count,
  table_count: count,
  public_visualization_count: count,
  all_visualization_count: count,
  soft_geocoding_limit: flag,
  org_admin: flag,
  org_user: flag,
  viewer: flag,
});
