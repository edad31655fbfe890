/**
 * Location Data Services, as the functions of `cdb_dataservices_client`: geocoding in a gazetteer of cities, isolines that
 * follow no streets, quotas that count down. The same question has the same answer, every time.
 *
 * Addresses lie around their city's centre, each at a place of its own; what names no known city is not found.
 */
export const DATA_SERVICES: string = `
CREATE SCHEMA IF NOT EXISTS cdb_dataservices_client;
GRANT USAGE ON SCHEMA cdb_dataservices_client TO PUBLIC;

-- The cities, empty until somebody geocodes.
CREATE TABLE IF NOT EXISTS cdb_dataservices_client._places (
  id integer NOT NULL, name text NOT NULL, key text NOT NULL, country text NOT NULL, admin_key text, population integer NOT NULL,
  lng double precision NOT NULL, lat double precision NOT NULL
);
CREATE INDEX IF NOT EXISTS _places_key ON cdb_dataservices_client._places (key);
CREATE TABLE IF NOT EXISTS cdb_dataservices_client._countries (key text PRIMARY KEY, code text NOT NULL);
GRANT SELECT ON cdb_dataservices_client._places, cdb_dataservices_client._countries TO PUBLIC;

-- What an account may use and has used, where that is not the usual.
CREATE TABLE IF NOT EXISTS cdb_dataservices_client._quotas (
  account text NOT NULL, service text NOT NULL, provider text NOT NULL,
  monthly_quota numeric NOT NULL, used_quota numeric NOT NULL DEFAULT 0, soft_limit boolean NOT NULL DEFAULT false,
  PRIMARY KEY (account, service)
);

-- A name as it is looked up: small letters without accents, blanks as one.
CREATE OR REPLACE FUNCTION cdb_dataservices_client._Key(name text) RETURNS text
LANGUAGE sql IMMUTABLE AS $body$
  SELECT nullif(btrim(regexp_replace(regexp_replace(lower(normalize(name, NFD)), '[\\u0300-\\u036f]', '', 'g'), '\\s+', ' ', 'g')), '')
$body$;

-- The role of the account whose request this is, also where a key of the account asks.
CREATE OR REPLACE FUNCTION cdb_dataservices_client._Account() RETURNS text
LANGUAGE sql STABLE AS $body$
  WITH asking AS (SELECT coalesce(nullif(current_setting('role', true), 'none'), session_user::text) AS name)
  SELECT coalesce(
    (SELECT rolname::text FROM pg_roles, asking WHERE rolname LIKE 'cartodb\\_user\\_%'
      AND (rolname = name OR name LIKE replace(replace(substr(rolname, 14), '\\', '\\\\'), '_', '\\_') || '\\_%')
      ORDER BY rolname = name DESC, length(rolname) DESC LIMIT 1),
    (SELECT name FROM asking))
$body$;

CREATE OR REPLACE FUNCTION cdb_dataservices_client.cdb_service_quota_info()
RETURNS TABLE (service text, monthly_quota numeric, used_quota numeric, soft_limit boolean, provider text)
LANGUAGE sql STABLE SECURITY DEFINER AS $body$
  SELECT d.service, coalesce(q.monthly_quota, d.monthly_quota), coalesce(q.used_quota, 0),
    coalesce(q.soft_limit, false), coalesce(q.provider, d.provider)
  FROM (VALUES ('isolines', 100000, 'heremaps'), ('hires_geocoder', 100000, 'heremaps'),
    ('routing', 100000, 'mapzen'), ('observatory', 100000, 'data observatory')) AS d (service, monthly_quota, provider)
  LEFT JOIN cdb_dataservices_client._quotas q
    ON q.service = d.service AND q.account = cdb_dataservices_client._Account()
$body$;

-- Takes from a quota, or refuses with what is left.
CREATE OR REPLACE FUNCTION cdb_dataservices_client._Spend(wanted_service text, amount numeric) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
  asking text := cdb_dataservices_client._Account();
  quota cdb_dataservices_client._quotas;
BEGIN
  INSERT INTO cdb_dataservices_client._quotas (account, service, provider, monthly_quota)
    SELECT asking, i.service, i.provider, i.monthly_quota FROM cdb_dataservices_client.cdb_service_quota_info() i
    WHERE i.service = wanted_service ON CONFLICT DO NOTHING;
  SELECT q.* INTO quota FROM cdb_dataservices_client._quotas q
    WHERE q.account = asking AND q.service = wanted_service FOR UPDATE;
  IF NOT quota.soft_limit AND quota.used_quota + amount > quota.monthly_quota THEN
    RAISE EXCEPTION 'Remaining quota: %. Estimated cost: %', quota.monthly_quota - quota.used_quota, amount;
  END IF;
  UPDATE cdb_dataservices_client._quotas q SET used_quota = q.used_quota + amount
    WHERE q.account = asking AND q.service = wanted_service;
END $body$;

-- Where an address lies, and how sure that is; nothing where no city of that name is known.
CREATE OR REPLACE FUNCTION cdb_dataservices_client._Locate(
  street text, city text, state text, country text, OUT the_geom geometry, OUT metadata jsonb
) LANGUAGE plpgsql STABLE AS $body$
DECLARE
  own text[] := CASE WHEN coalesce(btrim(city), '') <> '' THEN ARRAY[city]
    ELSE (SELECT array_agg(part ORDER BY i DESC) FROM unnest(string_to_array(street, ',')) WITH ORDINALITY AS p (part, i)) END;
  country_key text := cdb_dataservices_client._Key(country);
  wanted_code text := (SELECT code FROM cdb_dataservices_client._countries WHERE key = country_key);
  state_key text := cdb_dataservices_client._Key(state);
  place record;
  address text;
  spread bytea;
  is_exact boolean;
BEGIN
  IF country_key IS NOT NULL AND wanted_code IS NULL THEN RETURN; END IF;
  FOR i IN 1 .. coalesce(cardinality(own), 0) LOOP
    SELECT p.*, p.admin_key IS NOT DISTINCT FROM state_key AS in_state INTO place
      FROM cdb_dataservices_client._places p
      WHERE p.key = cdb_dataservices_client._Key(own[i]) AND (wanted_code IS NULL OR p.country = wanted_code)
      ORDER BY p.admin_key IS NOT DISTINCT FROM state_key DESC, p.population DESC, p.lng LIMIT 1;
    EXIT WHEN FOUND;
  END LOOP;
  IF place IS NULL OR place.key IS NULL THEN RETURN; END IF;
  address := cdb_dataservices_client._Key(street);
  is_exact := address IS NULL OR address = place.key;
  spread := decode(md5(coalesce(address, '')), 'hex');
  the_geom := ST_SetSRID(CASE WHEN is_exact THEN ST_MakePoint(place.lng, place.lat) ELSE ST_MakePoint(
    place.lng + (get_byte(spread, 0) * 256 + get_byte(spread, 1) - 32768) / 32768.0 * 0.02,
    greatest(least(place.lat + (get_byte(spread, 2) * 256 + get_byte(spread, 3) - 32768) / 32768.0 * 0.015, 90), -90)
  ) END, 4326);
  metadata := jsonb_build_object(
    'relevance', CASE WHEN state_key IS NULL OR place.in_state THEN 1 ELSE 0.8 END,
    'precision', CASE WHEN is_exact THEN 'precise' ELSE 'interpolated' END,
    'match_types', jsonb_build_array(CASE WHEN is_exact THEN 'locality' ELSE 'address' END));
END $body$;

CREATE OR REPLACE FUNCTION cdb_dataservices_client.cdb_geocode_street_point(
  searchtext text, city text DEFAULT NULL, state_province text DEFAULT NULL, country text DEFAULT NULL
) RETURNS geometry LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM cdb_dataservices_client._Spend('hires_geocoder', 1);
  RETURN (cdb_dataservices_client._Locate(searchtext, city, state_province, country)).the_geom;
END $body$;

-- Geocodes the rows of a query; the parts of an address are expressions over its columns.
CREATE OR REPLACE FUNCTION cdb_dataservices_client.cdb_bulk_geocode_street_point(
  query text, street_column text, city_column text DEFAULT NULL, state_column text DEFAULT NULL,
  country_column text DEFAULT NULL, batch_size integer DEFAULT NULL
) RETURNS TABLE (cartodb_id integer, the_geom geometry, metadata jsonb) LANGUAGE plpgsql AS $body$
DECLARE
  rows_in_all bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM (%s) AS q', query) INTO rows_in_all;
  PERFORM cdb_dataservices_client._Spend('hires_geocoder', rows_in_all);
  RETURN QUERY EXECUTE format(
    'SELECT q.cartodb_id::integer, l.the_geom, coalesce(l.metadata, ''{}'')
     FROM (%s) AS q, LATERAL cdb_dataservices_client._Locate((%s)::text, (%s)::text, (%s)::text, (%s)::text) AS l',
    query, coalesce(street_column, 'NULL'), coalesce(city_column, 'NULL'), coalesce(state_column, 'NULL'),
    coalesce(country_column, 'NULL'));
END $body$;

-- The texts of a JSON list, between commas.
CREATE OR REPLACE FUNCTION cdb_dataservices_client.cdb_jsonb_array_casttext(list text) RETURNS text
LANGUAGE sql IMMUTABLE AS $body$
  SELECT string_agg(item, ',') FROM jsonb_array_elements_text(list::jsonb) AS item
$body$;

-- The value of an option such as 'maxpoints=100'.
CREATE OR REPLACE FUNCTION cdb_dataservices_client._Option(options text[], name text) RETURNS text
LANGUAGE sql IMMUTABLE AS $body$
  SELECT lower(substr(option, length(name) + 2)) FROM unnest(options) AS option
  WHERE option LIKE name || '=%' LIMIT 1
$body$;

-- The area that is reached within so many metres on the way: for one centre and mode, a longer way holds a shorter.
CREATE OR REPLACE FUNCTION cdb_dataservices_client._Reach(
  center geometry, metres double precision, mode text, options text[]
) RETURNS geometry LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
  corners integer := greatest(8, least(coalesce(cdb_dataservices_client._Option(options, 'maxpoints')::integer, 64), 360));
  seed bytea := decode(md5(ST_AsText(center, 6) || mode || coalesce(cdb_dataservices_client._Option(options, 'is_destination'), 'false')), 'hex');
  origin geography := ST_Force2D(center)::geography;
  points geometry[] := '{}';
  angle double precision;
BEGIN
  FOR i IN 0 .. corners - 1 LOOP
    angle := 2 * pi() * i / corners;
    points := points || ST_Project(origin, metres * (0.75 + 0.15 * sin(2 * angle + get_byte(seed, 0))
      + 0.1 * cos(3 * angle + get_byte(seed, 1))), angle)::geometry;
  END LOOP;
  RETURN ST_Multi(ST_MakePolygon(ST_MakeLine(points || points[1])));
END $body$;

CREATE OR REPLACE FUNCTION cdb_dataservices_client.cdb_isodistance(
  source geometry, mode text, range integer[], options text[] DEFAULT ARRAY[]::text[]
) RETURNS TABLE (center geometry, data_range integer, the_geom geometry) LANGUAGE plpgsql AS $body$
BEGIN
  IF mode NOT IN ('car', 'walk') THEN RAISE EXCEPTION 'Mode % is not one of car, walk', mode; END IF;
  IF source IS NULL OR ST_IsEmpty(source) THEN RETURN; END IF;
  PERFORM cdb_dataservices_client._Spend('isolines', cardinality(range));
  RETURN QUERY SELECT source, r, cdb_dataservices_client._Reach(source, r, mode, options)
    FROM unnest(range) WITH ORDINALITY AS ranges (r, i) ORDER BY i;
END $body$;

-- Metres per second of a mode: 50 or 5 km/h, less with traffic, more on the fastest way.
CREATE OR REPLACE FUNCTION cdb_dataservices_client.cdb_isochrone(
  source geometry, mode text, range integer[], options text[] DEFAULT ARRAY[]::text[]
) RETURNS TABLE (center geometry, data_range integer, the_geom geometry) LANGUAGE plpgsql AS $body$
DECLARE
  speed double precision := CASE WHEN mode = 'walk' THEN 5 ELSE 50
    * CASE cdb_dataservices_client._Option(options, 'mode_traffic') WHEN 'enabled' THEN 0.8 ELSE 1 END
    * CASE cdb_dataservices_client._Option(options, 'mode_type') WHEN 'fastest' THEN 1.1 ELSE 1 END END / 3.6;
BEGIN
  IF mode NOT IN ('car', 'walk') THEN RAISE EXCEPTION 'Mode % is not one of car, walk', mode; END IF;
  IF source IS NULL OR ST_IsEmpty(source) THEN RETURN; END IF;
  PERFORM cdb_dataservices_client._Spend('isolines', cardinality(range));
  RETURN QUERY SELECT source, r, cdb_dataservices_client._Reach(source, r * speed, mode, options)
    FROM unnest(range) WITH ORDINALITY AS ranges (r, i) ORDER BY i;
END $body$;

-- The same, where a failure yields ranges without a geometry.
CREATE OR REPLACE FUNCTION cdb_dataservices_client._cdb_isodistance_exception_safe(
  source geometry, mode text, range integer[], options text[] DEFAULT ARRAY[]::text[]
) RETURNS TABLE (center geometry, data_range integer, the_geom geometry) LANGUAGE plpgsql AS $body$
BEGIN
  RETURN QUERY SELECT * FROM cdb_dataservices_client.cdb_isodistance(source, mode, range, options);
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING '%', SQLERRM;
  RETURN QUERY SELECT source, r, NULL::geometry FROM unnest(range) AS r;
END $body$;

CREATE OR REPLACE FUNCTION cdb_dataservices_client._cdb_isochrone_exception_safe(
  source geometry, mode text, range integer[], options text[] DEFAULT ARRAY[]::text[]
) RETURNS TABLE (center geometry, data_range integer, the_geom geometry) LANGUAGE plpgsql AS $body$
BEGIN
  RETURN QUERY SELECT * FROM cdb_dataservices_client.cdb_isochrone(source, mode, range, options);
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING '%', SQLERRM;
  RETURN QUERY SELECT source, r, NULL::geometry FROM unnest(range) AS r;
END $body$;
`;
