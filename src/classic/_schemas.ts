// Loaded with `await import(...)` when the first answer is checked: zod costs about 15 ms.
import * as z from "../_deps/zod_mini.ts";

const text = z.optional(z.nullable(z.string()));
const count = z.optional(z.nullable(z.number()));

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

/** The answer that tells that an import has begun. */
export const importStart = z.looseObject({ item_queue_id: z.string() });

/** The answer of `GET api/v1/imports`. */
export const importList = z.looseObject({ imports: z.array(z.string()) });

/** How an import stands. */
export const importDocument = z.looseObject({
  id: z.string(),
  state: z.string(),
  success: flag,
  table_id: text,
  table_name: text,
  data_type: text,
  error_code: count,
  get_error_text: z.optional(z.nullable(z.looseObject({ title: text, what_about: text, source: text }))),
  tables_created_count: count,
  synchronization_id: text,
  visualization_id: text,
  display_name: text,
});

/** A synchronised table. */
export const syncTable = z.looseObject({
  id: z.string(),
  state: z.string(),
  name: text,
  interval: count,
  url: text,
  created_at: text,
  updated_at: text,
  run_at: text,
  ran_at: text,
  modified_at: text,
  retried_times: count,
  error_code: count,
  error_message: text,
  service_name: text,
  service_item_id: text,
  visualization_id: text,
  data_import: z.optional(z.nullable(z.looseObject({ endpoint: text, item_queue_id: text }))),
});

/** The answer of `GET api/v1/synchronizations`. */
export const syncTableList = z.looseObject({ synchronizations: z.array(syncTable), total_entries: count });

/** The answer of `PUT api/v1/synchronizations/{id}/sync_now`. */
export const syncNow = z.looseObject({ enqueued: z.boolean() });

/** The answer of `GET api/v1/synchronizations/{id}/sync_now`. */
export const syncState = z.looseObject({ state: z.string() });

/** A map that was made. */
export const mapInstance = z.looseObject({
  layergroupid: z.string(),
  last_updated: text,
  metadata: z.looseObject({
    layers: z.array(z.looseObject({ type: z.string(), id: text })),
    dataviews: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
    analyses: z.optional(z.nullable(z.array(z.unknown()))),
  }),
});

/** The names of named maps. */
export const templateIds = z.looseObject({ template_ids: z.array(z.string()) });

/** The name of a named map that was written. */
export const templateId = z.looseObject({ template_id: z.string() });

/** A named map as it was made. */
export const namedMap = z.looseObject({
  template: z.looseObject({
    name: z.string(),
    auth: z.optional(z.looseObject({ method: z.string(), valid_tokens: z.optional(z.array(z.string())) })),
    layergroup: z.looseObject({}),
  }),
});

/** The attributes of a feature. */
export const attributes = z.record(z.string(), z.unknown());

/** What a dataview gives. */
export const dataview = z.union([
  z.looseObject({ type: z.literal("formula"), operation: z.string(), result: z.nullable(z.number()) }),
  z.looseObject({
    type: z.literal("histogram"),
    bin_width: z.number(),
    bins_count: z.number(),
    bins_start: z.number(),
    bins: z.array(z.looseObject({ bin: z.nullable(z.number()), freq: z.number() })),
  }),
  z.looseObject({
    type: z.literal("aggregation"),
    aggregation: z.string(),
    categories: z.array(z.looseObject({ category: z.unknown(), value: z.unknown() })),
  }),
]);

/** What searching a dataview gives. */
export const dataviewSearch = z.looseObject({
  categories: z.array(z.looseObject({ category: z.unknown(), value: z.unknown() })),
});

/** How an analysis stands. */
export const analysisStatus = z.looseObject({
  node_id: z.string(),
  status: z.string(),
  updated_at: text,
  error_message: text,
});

/** The analyses that were worked out. */
export const analysisCatalog = z.looseObject({ catalog: z.array(analysisStatus) });

/** One entry of the Data Observatory's catalogue. */
export const catalogEntity = z.looseObject({ id: z.string(), slug: text, name: text });

/** Entries of the Data Observatory's catalogue. */
export const catalogEntities = z.array(catalogEntity);

/** One page of subscriptions. */
export const subscriptionPage = z.looseObject({
  subscriptions: z.array(z.looseObject({ id: z.string(), type: z.string(), status: text })),
  total_entries: count,
  total_user_entries: count,
  total: count,
});

/** The conditions of data. */
export const conditions = z.looseObject({
  id: text,
  type: text,
  estimated_delivery_days: count,
  subscription_list_price: count,
  tos: text,
  tos_link: text,
  licenses: text,
  licenses_link: text,
  rights: text,
});

/** The answer of `api/v4/do/token/token`. */
export const observatoryToken = z.looseObject({
  access_token: z.string(),
  bq_project: text,
  bq_dataset: text,
  bq_public_project: text,
  gcp_execution_project: text,
  gcs_bucket: text,
  instant_licensing: flag,
});

/** How an upload or an enrichment stands. */
export const observatoryJob = z.looseObject({
  status: z.string(),
  errors: z.optional(z.nullable(z.array(z.string()))),
});

/** The answer that tells that an enrichment has begun. */
export const enrichmentStart = z.looseObject({ job_id: z.string() });
