import { sql } from "../classic/sql_text.ts";

/** CARTO's trigger that keeps the projected copy of the geometries. */
const PROJECTING_TRIGGER = "update_the_geom_webmercator_trigger";
/** The column of the copy. */
export const MERCATOR = "the_geom_webmercator";
/** CARTO's triggers for rows with their functions; whatever other triggers do may need the indexes. */
const CARTO_TRIGGERS = `('${PROJECTING_TRIGGER}','_cdb_update_the_geom_webmercator'),` +
  "('test_quota_per_row','cdb_checkquota'),('update_updated_at_trigger','_cdb_update_updated_at')";

/** The variables of {@link setAside} and {@link putBack}, for the `DECLARE` of the block. */
export const SET_ASIDE_VARIABLES =
  "_cartoframes_indexes text[]; _cartoframes_names text; _cartoframes_projects boolean := false;";

/**
 * Sets aside what makes an insert of all rows slow and can be put back in the same transaction exactly as it was: plain
 * indexes, which are made faster from all rows at once, and the trigger that projects geometries one by one. The table
 * must be locked against everybody, as one is whose rows are replaced.
 *
 * Nothing that is a promise (a key, a constraint, what a replica or a cluster goes by) or that could come back otherwise
 * than it was (an expression, a place of its own, one that is invalid) is touched. Without the rights of the owner, or
 * where rows have triggers of the user's own, the table stays as it is, and the insert takes its time.
 *
 * @param table The table as SQL writes it
 * @param projects Whether the insert brings the projected copies
 */
export function setAside(table: string, projects: boolean): string[] {
  const oid = sql`${table}::regclass`.text;
  const indexes = [
    "SELECT array_agg(pg_get_indexdef(c.oid) || coalesce(format('; COMMENT ON INDEX %I.%I IS ', n.nspname, c.relname)" +
    " || quote_literal(obj_description(c.oid, 'pg_class')), '') ORDER BY c.oid)," +
    " string_agg(format('%I.%I', n.nspname, c.relname), ',') INTO _cartoframes_indexes, _cartoframes_names",
    "FROM pg_class t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid" +
    " JOIN pg_namespace n ON n.oid = c.relnamespace",
    `WHERE t.oid = ${oid} AND t.relkind = 'r' AND NOT (t.relhassubclass OR t.relhasrules OR t.relrowsecurity)`,
    "AND pg_has_role(t.relowner, 'USAGE') AND has_schema_privilege(t.relnamespace, 'CREATE')",
    "AND NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = t.oid)",
    "AND NOT EXISTS (SELECT 1 FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid WHERE g.tgrelid = t.oid" +
    " AND (g.tginitdeferred OR (NOT g.tgisinternal AND g.tgenabled IN ('O', 'A') AND g.tgtype & 1 = 1" +
    ` AND (g.tgname, p.proname) NOT IN (${CARTO_TRIGGERS}))))`,
    "AND i.indisvalid AND i.indisready AND i.indislive AND i.indexprs IS NULL AND i.indpred IS NULL",
    "AND NOT (i.indisunique OR i.indisprimary OR i.indisexclusion OR i.indisclustered OR i.indisreplident)",
    "AND c.reltablespace = 0 AND current_setting('default_tablespace') = ''",
    "AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = c.oid)",
    "AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE refclassid = 'pg_class'::regclass AND refobjid = c.oid" +
    " OR classid = 'pg_class'::regclass AND objid = c.oid AND deptype NOT IN ('a', 'n'));",
  ];
  const trigger = [
    "SELECT true INTO _cartoframes_projects FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid" +
    " JOIN pg_proc f ON f.oid = to_regprocedure('cdb_transformtowebmercator(geometry)')" +
    ` JOIN pg_attribute a ON a.attrelid = g.tgrelid AND a.attname = '${MERCATOR}' AND NOT a.attisdropped`,
    `WHERE g.tgrelid = ${oid} AND g.tgname = '${PROJECTING_TRIGGER}' AND g.tgenabled = 'O' AND g.tgtype & 7 = 7`,
    "AND g.tgqual IS NULL AND p.proname = '_cdb_update_the_geom_webmercator' AND p.pronamespace = f.pronamespace",
    "AND a.atttypid = 'geometry'::regtype AND coalesce(to_jsonb(a)->>'attgenerated', '') = '';",
    `IF _cartoframes_projects THEN ALTER TABLE ${table} DISABLE TRIGGER ${PROJECTING_TRIGGER}; END IF;`,
  ];
  return [
    "BEGIN",
    ...indexes,
    "IF _cartoframes_names IS NOT NULL THEN",
    "EXECUTE 'DROP INDEX ' || _cartoframes_names;",
    ...(projects ? trigger : []),
    "END IF;",
    // What a server does not let be done is not worth a failure
    "EXCEPTION WHEN OTHERS THEN _cartoframes_indexes := NULL; _cartoframes_projects := false;",
    "END;",
  ];
}

/** Puts back what was set aside; the arguments are those of {@link setAside}. */
export function putBack(table: string, projects: boolean): string[] {
  const enable = `ALTER TABLE ${table} ENABLE TRIGGER ${PROJECTING_TRIGGER};`;
  return [
    ...(projects ? [`IF _cartoframes_projects THEN ${enable} END IF;`] : []),
    "FOREACH _cartoframes_names IN ARRAY coalesce(_cartoframes_indexes, '{}') LOOP EXECUTE _cartoframes_names; END LOOP;",
  ];
}
