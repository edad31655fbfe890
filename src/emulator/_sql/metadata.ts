/** Extensions, the schema `cartodb`, and what it keeps about tables: when they changed, quota, analyses. */
export const METADATA: string = `
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE SCHEMA IF NOT EXISTS cartodb;
GRANT USAGE ON SCHEMA cartodb TO PUBLIC;
GRANT SELECT ON spatial_ref_sys TO PUBLIC;

CREATE TABLE IF NOT EXISTS cartodb.cdb_tablemetadata (
  tabname oid PRIMARY KEY,
  updated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON cartodb.cdb_tablemetadata TO PUBLIC;

CREATE TABLE IF NOT EXISTS cartodb.cdb_analysis_catalog (
  node_id char(40) PRIMARY KEY,
  analysis_def json NOT NULL,
  input_nodes char(40)[] NOT NULL DEFAULT '{}',
  affected_tables regclass[] NOT NULL DEFAULT '{}',
  cache_tables regclass[] NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'pending',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz NOT NULL DEFAULT now(),
  hits numeric DEFAULT 0,
  last_used_from char(40),
  last_modified_by uuid,
  last_error_message text,
  username text
);

-- What the dashboard keeps about a converted table; clients do not see it.
CREATE TABLE IF NOT EXISTS cartodb._cdb_datasets (
  tabname oid PRIMARY KEY,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  table_id uuid NOT NULL DEFAULT gen_random_uuid(),
  map_id uuid NOT NULL DEFAULT gen_random_uuid(),
  is_link boolean NOT NULL DEFAULT false,
  attributes jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);

-- The tables of a role that have what makes a dataset.
CREATE OR REPLACE FUNCTION cartodb._CDB_ConvertedTables(owner_name text) RETURNS SETOF oid
LANGUAGE sql STABLE AS $body$
  SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p') AND pg_get_userbyid(c.relowner) = owner_name
    AND (a.attname = 'cartodb_id' OR a.attname IN ('the_geom', 'the_geom_webmercator') AND a.atttypid = 'geometry'::regtype)
  GROUP BY c.oid HAVING count(*) = 3
$body$;

-- The kinds of geometry among a table's first rows that have one.
CREATE OR REPLACE FUNCTION cartodb._CDB_GeometryTypes(reloid regclass) RETURNS text[]
LANGUAGE plpgsql STABLE AS $body$
DECLARE
  types text[];
BEGIN
  EXECUTE format('SELECT array_agg(DISTINCT ST_GeometryType(the_geom)) FROM
    (SELECT the_geom FROM %s WHERE the_geom IS NOT NULL LIMIT 100) AS x', reloid) INTO types;
  RETURN coalesce(types, '{}');
END $body$;

-- What is known about a table goes over to the one that takes its place.
CREATE OR REPLACE FUNCTION cartodb._CDB_MoveMetadata(before regclass, after regclass) RETURNS void
LANGUAGE sql SECURITY DEFINER AS $body$
  UPDATE cartodb._cdb_datasets SET tabname = after WHERE tabname = before;
$body$;

CREATE TABLE IF NOT EXISTS cartodb.cdb_conf (key text PRIMARY KEY, value jsonb NOT NULL);

-- Stands in for the hook that empties the platform's cache; one in schema public takes its place.
CREATE OR REPLACE FUNCTION cartodb.cdb_invalidate_varnish(table_name text) RETURNS void
LANGUAGE sql AS $body$ SELECT NULL::void $body$;

CREATE OR REPLACE FUNCTION cartodb._cdb_tablemetadata_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, cartodb AS $body$
BEGIN
  IF to_regclass(NEW.tabname::regclass::text) IS NOT NULL THEN
    PERFORM cdb_invalidate_varnish(NEW.tabname::regclass::text);
  END IF;
  RETURN NULL;
END $body$;

CREATE OR REPLACE TRIGGER table_modified AFTER INSERT OR UPDATE ON cartodb.cdb_tablemetadata
FOR EACH ROW EXECUTE FUNCTION cartodb._cdb_tablemetadata_changed();

-- Notes that a table has changed now.
CREATE OR REPLACE FUNCTION cartodb.CDB_TableMetadataTouch(tablename regclass) RETURNS void
LANGUAGE sql SECURITY DEFINER AS $body$
  INSERT INTO cartodb.cdb_tablemetadata AS m (tabname, updated_at) VALUES (tablename, clock_timestamp())
  ON CONFLICT (tabname) DO UPDATE SET updated_at = excluded.updated_at
$body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_TableMetadataTouch(tablename text) RETURNS void
LANGUAGE sql AS $body$ SELECT cartodb.CDB_TableMetadataTouch(tablename::regclass) $body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_TableMetadata_Trigger() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $body$
BEGIN
  PERFORM cartodb.CDB_TableMetadataTouch(TG_RELID::regclass);
  RETURN NULL;
END $body$;

-- Metadata of tables that are gone go with them.
CREATE OR REPLACE FUNCTION cartodb._cdb_forget_dropped() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER AS $body$
BEGIN
  DELETE FROM cartodb.cdb_tablemetadata m USING pg_event_trigger_dropped_objects() d
  WHERE d.classid = 'pg_class'::regclass AND d.objsubid = 0 AND m.tabname = d.objid;
  DELETE FROM cartodb._cdb_datasets m USING pg_event_trigger_dropped_objects() d
  WHERE d.classid = 'pg_class'::regclass AND d.objsubid = 0 AND m.tabname = d.objid;
END $body$;

DROP EVENT TRIGGER IF EXISTS cdb_on_relation_drop;
CREATE EVENT TRIGGER cdb_on_relation_drop ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP VIEW', 'DROP SCHEMA', 'DROP OWNED')
EXECUTE FUNCTION cartodb._cdb_forget_dropped();

-- Bytes that the account may use; 0 means as many as it likes.
CREATE OR REPLACE FUNCTION cartodb.CDB_SetUserQuotaInBytes(bytes bigint) RETURNS bigint
LANGUAGE plpgsql AS $body$
DECLARE
  before bigint := (SELECT (value #>> '{}')::bigint FROM cartodb.cdb_conf WHERE key = 'user_quota');
BEGIN
  INSERT INTO cartodb.cdb_conf (key, value) VALUES ('user_quota', to_jsonb(bytes))
  ON CONFLICT (key) DO UPDATE SET value = excluded.value;
  RETURN coalesce(before, bytes);
END $body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_SetUserQuotaInBytes(schema_name text, bytes bigint) RETURNS bigint
LANGUAGE sql AS $body$ SELECT cartodb.CDB_SetUserQuotaInBytes(bytes) $body$;

CREATE OR REPLACE FUNCTION cartodb._CDB_UserQuotaInBytes() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER AS $body$
  SELECT (value #>> '{}')::bigint FROM cartodb.cdb_conf WHERE key = 'user_quota'
$body$;

-- Bytes in use: a converted table holds each geometry twice, once for the account's use.
CREATE OR REPLACE FUNCTION cartodb.CDB_UserDataSize(schema_name text DEFAULT 'public') RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER AS $body$
  SELECT coalesce(sum(pg_total_relation_size(c.oid) / CASE WHEN EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'the_geom_webmercator' AND NOT a.attisdropped
  ) THEN 2 ELSE 1 END), 0)::bigint
  FROM pg_class c
  WHERE c.relnamespace = to_regnamespace(quote_ident(schema_name)) AND c.relkind IN ('r', 'm', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
$body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_QuotaCheck() RETURNS void
LANGUAGE plpgsql AS $body$
DECLARE
  quota bigint := coalesce(cartodb._CDB_UserQuotaInBytes(), 0);
  excess bigint;
BEGIN
  IF quota > 0 THEN
    excess := cartodb.CDB_UserDataSize() - quota;
    IF excess > 0 THEN
      RAISE EXCEPTION 'Quota exceeded by %KB', ceil(excess / 1024.0);
    END IF;
  END IF;
END $body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_CheckQuota() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM cartodb.CDB_QuotaCheck();
  RETURN NEW;
END $body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_Username() RETURNS text
LANGUAGE sql STABLE AS $body$ SELECT regexp_replace(current_user::text, '^cartodb_user_', '') $body$;
`;
