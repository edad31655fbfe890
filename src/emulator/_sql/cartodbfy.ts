/**
 * `CDB_CartodbfyTable` and what belongs to it.
 *
 * A table gets `cartodb_id`, `the_geom` and `the_geom_webmercator` in front, by writing it anew in one step; where
 * something hangs on its identity (views, foreign keys, triggers, inheritance) it is altered in place, and the columns
 * come last.
 */
export const CARTODBFY: string = `
CREATE OR REPLACE FUNCTION cartodb._CDB_Update_The_Geom_Webmercator() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
  NEW.the_geom_webmercator := CASE WHEN cartodb._CDB_IsPlain(NEW.the_geom)
    THEN ST_Transform(NEW.the_geom, 3857) ELSE cartodb.CDB_TransformToWebmercator(NEW.the_geom) END;
  RETURN NEW;
END $body$;

-- A name that no column of the table has.
CREATE OR REPLACE FUNCTION cartodb._CDB_FreeColumn(reloid regclass, wanted text) RETURNS text
LANGUAGE sql STABLE AS $body$
  SELECT candidate FROM generate_series(0, 1600) AS i, LATERAL (SELECT left(wanted, 58) || '_' || i AS candidate) AS c
  WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = reloid AND attname = candidate) ORDER BY i LIMIT 1
$body$;

-- A name that nothing in the table's schema has.
CREATE OR REPLACE FUNCTION cartodb._CDB_FreeRelation(schema_oid oid, wanted text) RETURNS text
LANGUAGE sql STABLE AS $body$
  SELECT candidate FROM generate_series(0, 9999) AS i,
    LATERAL (SELECT CASE i WHEN 0 THEN left(wanted, 63) ELSE left(wanted, 58) || i END AS candidate) AS c
  WHERE NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = schema_oid AND relname = candidate) ORDER BY i LIMIT 1
$body$;

CREATE OR REPLACE FUNCTION cartodb._CDB_TypeOf(reloid regclass, column_name text) RETURNS text
LANGUAGE sql STABLE AS $body$
  SELECT format_type(atttypid, NULL) FROM pg_attribute
  WHERE attrelid = reloid AND attname = column_name AND attnum > 0 AND NOT attisdropped
$body$;

-- The type that holds the geometries of a column: as many dimensions as they have.
CREATE OR REPLACE FUNCTION cartodb._CDB_GeometryType(reloid regclass, column_name text, srid integer) RETURNS text
LANGUAGE plpgsql STABLE AS $body$
DECLARE
  flags integer[];
BEGIN
  IF column_name IS NULL THEN RETURN format('geometry(Geometry,%s)', srid); END IF;
  EXECUTE format('SELECT array_agg(DISTINCT ST_Zmflag(%I::geometry)) FROM %s WHERE %1$I IS NOT NULL', column_name, reloid) INTO flags;
  IF flags IS NULL THEN
    SELECT ARRAY[CASE WHEN t ~ '(ZM)[,)]' THEN 3 WHEN t ~ 'Z[,)]' THEN 2 WHEN t ~ 'M[,)]' THEN 1 ELSE 0 END] INTO flags
    FROM (SELECT format_type(atttypid, atttypmod) AS t FROM pg_attribute WHERE attrelid = reloid AND attname = column_name) AS x;
  END IF;
  IF cardinality(flags) > 1 THEN RETURN 'geometry'; END IF;
  RETURN format('geometry(Geometry%s,%s)', (ARRAY['', 'M', 'Z', 'ZM'])[flags[1] + 1], srid);
END $body$;

-- Whether more than rows and indexes hang on the table, so that it must not be replaced by another.
CREATE OR REPLACE FUNCTION cartodb._CDB_IsBound(reloid regclass) RETURNS boolean
LANGUAGE sql STABLE AS $body$
  SELECT EXISTS (SELECT FROM pg_class WHERE oid = reloid AND (relkind <> 'r' OR relispartition OR relrowsecurity OR relhassubclass))
    OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = reloid)
    OR EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_class'::regclass AND refobjid = reloid
      AND classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_proc'::regclass) AND deptype = 'n')
    OR EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_type'::regclass AND deptype = 'n'
      AND refobjid = (SELECT reltype FROM pg_class WHERE oid = reloid))
    OR EXISTS (SELECT FROM pg_constraint WHERE confrelid = reloid)
    OR EXISTS (SELECT FROM pg_publication_rel WHERE prrelid = reloid)
    OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = reloid AND NOT tgisinternal)
    OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = reloid AND attnum > 0 AND NOT attisdropped AND (attidentity <> '' OR attgenerated <> ''))
$body$;

-- Writes a table anew: some columns in front, by type and expression, then its own in their order. Everything that
-- belongs to the table goes over to the new one, which has a new oid.
CREATE OR REPLACE FUNCTION cartodb._CDB_Rewrite(
  reloid regclass, front_names text[], front_types text[], front_values text[]
) RETURNS regclass
LANGUAGE plpgsql AS $body$
DECLARE
  old pg_class := (SELECT c FROM pg_class c WHERE c.oid = reloid);
  schema_name text := (SELECT nspname FROM pg_namespace WHERE oid = old.relnamespace);
  qualified text := format('%I.%I', schema_name, old.relname);
  temporary text := format('%I.%I', schema_name, cartodb._CDB_FreeRelation(old.relnamespace, old.relname || '_cdb_new'));
  definitions text[];
  copied text[];
  afterwards text[] := '{}';
  statement text;
BEGIN
  SELECT coalesce(array_agg(definition ORDER BY attnum), '{}'), coalesce(array_agg(format('%I', attname) ORDER BY attnum), '{}')
  INTO definitions, copied
  FROM (
    SELECT a.attnum, a.attname, concat(
      format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)),
      CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation END,
      CASE WHEN a.attnotnull THEN ' NOT NULL' END,
      ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
    ) AS definition
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = reloid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attname = ANY (front_names)
  ) AS own;

  -- Sequences of columns, then constraints and indexes under their names, rights and comments.
  SELECT afterwards || coalesce(array_agg(format('ALTER SEQUENCE %s OWNED BY %s.%I', d.objid::regclass, temporary, a.attname)), '{}')
  INTO afterwards
  FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE d.classid = 'pg_class'::regclass AND d.refobjid = reloid AND d.deptype = 'a';
  afterwards := afterwards || format('DROP TABLE %s', qualified) || format('ALTER TABLE %s RENAME TO %I', temporary, old.relname);
  SELECT afterwards || coalesce(array_agg(format('ALTER TABLE %s ADD CONSTRAINT %I %s', qualified, conname, pg_get_constraintdef(oid)) ORDER BY contype DESC, conname), '{}')
  INTO afterwards FROM pg_constraint WHERE conrelid = reloid AND contype IN ('p', 'u', 'c', 'f', 'x');
  SELECT afterwards || coalesce(array_agg(pg_get_indexdef(indexrelid) ORDER BY indexrelid), '{}')
  INTO afterwards FROM pg_index i WHERE indrelid = reloid
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND conrelid = reloid);
  SELECT afterwards || coalesce(array_agg(format('GRANT %s ON %s TO %s%s', privilege_type, qualified,
    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)), '{}')
  INTO afterwards FROM aclexplode(old.relacl) WHERE grantee <> old.relowner;
  SELECT afterwards || coalesce(array_agg(format('COMMENT ON %s IS %L',
    CASE objsubid WHEN 0 THEN 'TABLE ' || qualified ELSE format('COLUMN %s.%I', qualified, attname) END, description)), '{}')
  INTO afterwards FROM pg_description LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid
  WHERE objoid = reloid AND classoid = 'pg_class'::regclass AND (objsubid = 0 OR NOT attname = ANY (front_names));
  IF old.relowner <> current_user::regrole THEN
    afterwards := afterwards || format('ALTER TABLE %s OWNER TO %s', qualified, old.relowner::regrole);
  END IF;

  EXECUTE format('CREATE TABLE %s (%s)', temporary, array_to_string(
    ARRAY(SELECT format('%I %s', n, t) FROM unnest(front_names, front_types) AS f (n, t)) || definitions, ', '));
  EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM %s', temporary,
    array_to_string(ARRAY(SELECT format('%I', n) FROM unnest(front_names) AS n) || copied, ', '),
    array_to_string(front_values || copied, ', '), qualified);
  PERFORM cartodb._CDB_MoveMetadata(reloid, temporary::regclass);
  FOREACH statement IN ARRAY afterwards LOOP
    EXECUTE statement;
  END LOOP;
  RETURN qualified::regclass;
END $body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_CartodbfyTable(destschema text, reloid regclass) RETURNS regclass
LANGUAGE plpgsql AS $body$
DECLARE
  schema_oid oid := (SELECT relnamespace FROM pg_class WHERE oid = reloid);
  table_name text := (SELECT relname FROM pg_class WHERE oid = reloid);
  keeps_id boolean := false;
  keeps_geom boolean;
  keeps_mercator boolean;
  source text;
  geom_type text;
  mercator_type text;
  id_value text;
  geom_value text := 'NULL::geometry';
  mercator_value text := 'NULL::geometry';
  sequence text;
  owned text;
  key_name text;
  key_columns text;
  highest bigint;
  is_plain boolean;
  is_valid boolean;
  changes text[] := '{}';
BEGIN
  IF cartodb._CDB_UserQuotaInBytes() IS NULL THEN
    RAISE EXCEPTION 'Please set user quota before cartodbfying tables.';
  END IF;

  EXECUTE format('DROP TRIGGER IF EXISTS track_updates ON %s', reloid);
  EXECUTE format('DROP TRIGGER IF EXISTS update_the_geom_webmercator_trigger ON %s', reloid);
  EXECUTE format('DROP TRIGGER IF EXISTS test_quota ON %s', reloid);
  EXECUTE format('DROP TRIGGER IF EXISTS test_quota_per_row ON %s', reloid);

  -- An id is kept when it can be a key; a geometry when it is one.
  IF cartodb._CDB_TypeOf(reloid, 'cartodb_id') IN ('smallint', 'integer', 'bigint') THEN
    EXECUTE format('SELECT count(*) = count(DISTINCT cartodb_id) FROM %s', reloid) INTO keeps_id;
  END IF;
  keeps_geom := coalesce(cartodb._CDB_TypeOf(reloid, 'the_geom') = 'geometry', false);
  keeps_mercator := coalesce(cartodb._CDB_TypeOf(reloid, 'the_geom_webmercator') = 'geometry', false);
  IF NOT keeps_id AND cartodb._CDB_TypeOf(reloid, 'cartodb_id') IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s RENAME COLUMN cartodb_id TO %I', reloid, cartodb._CDB_FreeColumn(reloid, 'cartodb_id'));
  END IF;
  IF NOT keeps_geom AND cartodb._CDB_TypeOf(reloid, 'the_geom') IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s RENAME COLUMN the_geom TO %I', reloid, cartodb._CDB_FreeColumn(reloid, 'the_geom'));
  END IF;
  IF NOT keeps_mercator AND cartodb._CDB_TypeOf(reloid, 'the_geom_webmercator') IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s RENAME COLUMN the_geom_webmercator TO %I', reloid, cartodb._CDB_FreeColumn(reloid, 'the_geom_webmercator'));
  END IF;

  IF keeps_geom THEN
    source := 'the_geom';
  ELSE
    SELECT attname INTO source FROM pg_attribute
    WHERE attrelid = reloid AND attnum > 0 AND NOT attisdropped AND atttypid::regtype::text IN ('geometry', 'geography')
    ORDER BY attname <> 'the_geom_webmercator', atttypid::regtype::text = 'geography', attnum LIMIT 1;
  END IF;
  geom_type := cartodb._CDB_GeometryType(reloid, source, 4326);
  mercator_type := CASE WHEN geom_type = 'geometry' THEN 'geometry' ELSE replace(geom_type, '4326', '3857') END;
  IF source IS NOT NULL THEN
    -- The usual case, longitude and latitude away from the poles, needs no function for each row.
    EXECUTE format('SELECT coalesce(bool_and(cartodb._CDB_IsPlain(%I::geometry)), true) FROM %s WHERE %1$I IS NOT NULL', source, reloid) INTO is_plain;
    geom_value := format(CASE WHEN is_plain THEN '%I::geometry' ELSE 'cartodb._CDB_ToLonLat(%I::geometry)' END, source);
    mercator_value := format(CASE WHEN is_plain THEN 'ST_Transform(%I::geometry, 3857)' ELSE 'cartodb.CDB_TransformToWebmercator(%I::geometry)' END, source);
  END IF;

  -- The sequence that feeds the id goes on after the highest one.
  owned := CASE WHEN keeps_id THEN pg_get_serial_sequence(reloid::text, 'cartodb_id') END;
  sequence := owned;
  IF sequence IS NULL THEN
    sequence := format('%s.%I', schema_oid::regnamespace, cartodb._CDB_FreeRelation(schema_oid, left(table_name, 46) || '_cartodb_id_seq'));
    EXECUTE format('CREATE SEQUENCE %s', sequence);
  END IF;
  id_value := format('nextval(%L::regclass)', sequence);
  IF keeps_id THEN
    EXECUTE format('SELECT max(cartodb_id) FROM %s', reloid) INTO highest;
    PERFORM setval(sequence, greatest(highest, 1), highest IS NOT NULL);
    id_value := 'cartodb_id';
  END IF;

  -- A key of other columns becomes a constraint like others.
  SELECT conname, string_agg(format('%I', attname), ', ' ORDER BY ordinality) INTO key_name, key_columns
  FROM pg_constraint, unnest(conkey) WITH ORDINALITY AS k (attnum, ordinality)
  JOIN pg_attribute a ON a.attnum = k.attnum
  WHERE conrelid = reloid AND contype = 'p' AND a.attrelid = reloid GROUP BY conname;
  IF key_name IS NOT NULL AND NOT (keeps_id AND key_columns = 'cartodb_id') THEN
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', reloid, key_name);
    EXECUTE format('ALTER TABLE %s ADD UNIQUE (%s)', reloid, key_columns);
    key_name := NULL;
  END IF;

  SELECT array_agg(format_type(atttypid, atttypmod) ORDER BY attname) IS NOT DISTINCT FROM ARRAY[geom_type, mercator_type] INTO is_valid
  FROM pg_attribute WHERE attrelid = reloid AND attname IN ('the_geom', 'the_geom_webmercator') AND NOT attisdropped;
  IF keeps_id AND keeps_geom AND keeps_mercator AND is_valid THEN
    EXECUTE format('UPDATE %s SET the_geom_webmercator = %s WHERE the_geom IS NOT NULL AND the_geom_webmercator IS NULL', reloid, mercator_value);
  ELSIF cartodb._CDB_IsBound(reloid) THEN
    IF NOT keeps_id THEN changes := changes || format('ADD COLUMN cartodb_id bigint DEFAULT %s', id_value); END IF;
    changes := changes || CASE WHEN keeps_geom
      THEN format('ALTER COLUMN the_geom TYPE %s USING %s', geom_type, geom_value)
      ELSE format('ADD COLUMN the_geom %s', geom_type) END;
    changes := changes || CASE WHEN keeps_mercator
      THEN format('ALTER COLUMN the_geom_webmercator TYPE %s USING %s', mercator_type, mercator_value)
      ELSE format('ADD COLUMN the_geom_webmercator %s', mercator_type) END;
    EXECUTE format('ALTER TABLE %s %s', reloid, array_to_string(changes, ', '));
    IF source IS NOT NULL THEN
      EXECUTE format('UPDATE %s SET the_geom = %s, the_geom_webmercator = %s', reloid, geom_value, mercator_value);
    END IF;
  ELSE
    IF key_name IS NOT NULL THEN
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', reloid, key_name);
      key_name := NULL;
    END IF;
    reloid := cartodb._CDB_Rewrite(reloid, ARRAY['cartodb_id', 'the_geom', 'the_geom_webmercator'],
      ARRAY['bigint', geom_type, mercator_type], ARRAY[id_value, geom_value, mercator_value]);
  END IF;

  IF owned IS NULL THEN
    EXECUTE format('ALTER SEQUENCE %s OWNED BY %s.cartodb_id', sequence, reloid);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = reloid AND attname = 'cartodb_id' AND attidentity <> '') THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN cartodb_id SET DEFAULT nextval(%L::regclass)', reloid, sequence);
  END IF;
  EXECUTE format('ALTER TABLE %s ALTER COLUMN cartodb_id SET NOT NULL', reloid);
  IF key_name IS NULL THEN
    EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (cartodb_id)', reloid);
  END IF;
  PERFORM cartodb._CDB_EnsureIndex(reloid, 'the_geom');
  PERFORM cartodb._CDB_EnsureIndex(reloid, 'the_geom_webmercator');

  EXECUTE format('CREATE TRIGGER track_updates AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
    FOR EACH STATEMENT EXECUTE FUNCTION cartodb.CDB_TableMetadata_Trigger()', reloid);
  EXECUTE format('CREATE TRIGGER update_the_geom_webmercator_trigger BEFORE INSERT OR UPDATE OF the_geom ON %s
    FOR EACH ROW EXECUTE FUNCTION cartodb._CDB_Update_The_Geom_Webmercator()', reloid);
  EXECUTE format('CREATE TRIGGER test_quota BEFORE INSERT OR UPDATE ON %s
    FOR EACH STATEMENT EXECUTE FUNCTION cartodb.CDB_CheckQuota()', reloid);
  EXECUTE format('CREATE TRIGGER test_quota_per_row BEFORE INSERT OR UPDATE ON %s
    FOR EACH ROW WHEN (random() < 0.001) EXECUTE FUNCTION cartodb.CDB_CheckQuota()', reloid);
  EXECUTE format('ANALYZE %s', reloid);
  PERFORM cartodb.CDB_TableMetadataTouch(reloid);
  RETURN reloid;
END $body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_CartodbfyTable(reloid regclass) RETURNS regclass
LANGUAGE sql AS $body$ SELECT cartodb.CDB_CartodbfyTable('public', reloid) $body$;

CREATE OR REPLACE FUNCTION cartodb._CDB_EnsureIndex(reloid regclass, column_name text) RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam AND m.amname = 'gist'
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] AND a.attname = column_name
    WHERE i.indrelid = reloid AND i.indnkeyatts = 1 AND i.indpred IS NULL
  ) THEN
    EXECUTE format('CREATE INDEX ON %s USING gist (%I)', reloid, column_name);
  END IF;
END $body$;

-- Writes a table anew to be rid of columns that were dropped; one that something hangs on stays as it is.
CREATE OR REPLACE FUNCTION cartodb.CDB_RegenerateTable(reloid regclass) RETURNS void
LANGUAGE plpgsql AS $body$
DECLARE
  triggers text[] := ARRAY(SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = reloid AND NOT tgisinternal
    AND tgname IN ('track_updates', 'update_the_geom_webmercator_trigger', 'test_quota', 'test_quota_per_row'));
  names text[] := ARRAY(SELECT tgname FROM pg_trigger WHERE tgrelid = reloid AND NOT tgisinternal
    AND tgname IN ('track_updates', 'update_the_geom_webmercator_trigger', 'test_quota', 'test_quota_per_row'));
  statement text;
BEGIN
  FOREACH statement IN ARRAY names LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', statement, reloid);
  END LOOP;
  IF NOT cartodb._CDB_IsBound(reloid) THEN
    reloid := cartodb._CDB_Rewrite(reloid, '{}', '{}', '{}');
    PERFORM cartodb.CDB_TableMetadataTouch(reloid);
  END IF;
  FOREACH statement IN ARRAY triggers LOOP
    EXECUTE statement;
  END LOOP;
END $body$;
`;
