/** What is asked about tables and queries. */
export const QUERIES: string = `
-- The statements of a text of SQL, without the semicolons between them.
CREATE OR REPLACE FUNCTION cartodb.CDB_QueryStatements(query text) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE STRICT AS $body$
DECLARE
  start integer := 1;
  at integer := 1;
  step integer;
  rest text;
  mark text;
BEGIN
  WHILE at <= length(query) LOOP
    rest := substr(query, at);
    step := 1;
    IF rest LIKE ';%' THEN
      IF btrim(substr(query, start, at - start), E' \\t\\r\\n') <> '' THEN
        RETURN NEXT btrim(substr(query, start, at - start), E' \\t\\r\\n');
      END IF;
      start := at + 1;
    ELSIF rest LIKE '--%' THEN
      step := coalesce(nullif(strpos(rest, E'\\n'), 0), length(rest));
    ELSIF rest LIKE '/*%' THEN
      step := coalesce(nullif(strpos(rest, '*/'), 0) + 1, length(rest));
    ELSIF rest LIKE '''%' OR rest LIKE '"%' THEN
      mark := left(rest, 1);
      step := coalesce(nullif(strpos(substr(rest, 2), mark), 0) + 1, length(rest));
    ELSIF rest ~ '^\\$([A-Za-z_][A-Za-z_0-9]*)?\\$' THEN
      mark := substring(rest FROM '^\\$[A-Za-z_0-9]*\\$');
      step := coalesce(nullif(strpos(substr(rest, length(mark) + 1), mark), 0) + 2 * length(mark) - 1, length(rest));
    ELSE
      step := greatest(length(substring(rest FROM '^[^;''"$/-]+')), 1);
    END IF;
    at := at + step;
  END LOOP;
  IF btrim(substr(query, start), E' \\t\\r\\n') <> '' THEN
    RETURN NEXT btrim(substr(query, start), E' \\t\\r\\n');
  END IF;
END $body$;

-- The tables that a text of SQL reads or writes, as the planner sees them: behind views too.
CREATE OR REPLACE FUNCTION cartodb._CDB_QueryTables(query text) RETURNS TABLE (schema_name text, table_name text)
LANGUAGE plpgsql AS $body$
DECLARE
  statement text;
  plan json;
BEGIN
  FOR statement IN SELECT cartodb.CDB_QueryStatements(query) LOOP
    CONTINUE WHEN statement !~* '^(\\s|\\(|--[^\\n]*\\n|/\\*.*\\*/)*(select|with|insert|update|delete|merge|values|table|create\\s+(\\S+\\s+)*as\\M)';
    EXECUTE 'EXPLAIN (FORMAT JSON, VERBOSE) ' || statement INTO plan;
    RETURN QUERY
      SELECT DISTINCT node ->> 'Schema', node ->> 'Relation Name'
      FROM jsonb_path_query(plan::jsonb, 'strict $.** ? (exists(@."Relation Name") && exists(@."Schema"))') AS node
      WHERE node ->> 'Schema' NOT IN ('pg_catalog', 'information_schema');
  END LOOP;
END $body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_QueryTablesText(query text) RETURNS text[]
LANGUAGE sql AS $body$
  SELECT array_agg(DISTINCT format('%I.%I', schema_name, table_name) ORDER BY format('%I.%I', schema_name, table_name))
  FROM cartodb._CDB_QueryTables(query)
$body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_QueryTables(query text) RETURNS name[]
LANGUAGE sql AS $body$ SELECT cartodb.CDB_QueryTablesText(query)::name[] $body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_QueryTables_Updated_At(query text)
RETURNS TABLE (dbname text, schema_name text, table_name text, updated_at timestamptz)
LANGUAGE sql AS $body$
  SELECT DISTINCT current_database()::text, t.schema_name, t.table_name, m.updated_at
  FROM cartodb._CDB_QueryTables(query) t
  LEFT JOIN cartodb.cdb_tablemetadata m
    ON m.tabname = to_regclass(format('%I.%I', t.schema_name, t.table_name))::oid
$body$;

-- The account's tables: all, or those that anybody may read, or the others.
CREATE OR REPLACE FUNCTION cartodb.CDB_UserTables(perm text DEFAULT 'all') RETURNS SETOF name
LANGUAGE sql STABLE AS $body$
  SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cartodb',
      'cdb_dataservices_client', 'observatory', 'observatory_user', 'topology')
    AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    AND CASE perm
      WHEN 'public' THEN has_table_privilege('publicuser', c.oid, 'SELECT')
      WHEN 'private' THEN has_table_privilege(current_user, c.oid, 'SELECT') AND NOT has_table_privilege('publicuser', c.oid, 'SELECT')
      ELSE has_table_privilege(current_user, c.oid, 'SELECT')
    END
  ORDER BY c.relname
$body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_ColumnNames(reloid regclass) RETURNS SETOF name
LANGUAGE sql STABLE AS $body$
  SELECT attname FROM pg_attribute WHERE attrelid = reloid AND attnum > 0 AND NOT attisdropped ORDER BY attnum
$body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_ColumnType(reloid regclass, column_name text) RETURNS name
LANGUAGE sql STABLE AS $body$
  SELECT format_type(atttypid, NULL)::name FROM pg_attribute
  WHERE attrelid = reloid AND attname = column_name AND attnum > 0 AND NOT attisdropped
$body$;

-- How many rows a query gives, as the planner guesses.
CREATE OR REPLACE FUNCTION cartodb.CDB_EstimateRowCount(query text) RETURNS numeric
LANGUAGE plpgsql AS $body$
DECLARE
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
  RETURN (plan -> 0 -> 'Plan' ->> 'Plan Rows')::numeric;
END $body$;
`;
