/** Where classes of values end; each function gives the upper bounds. */
export const BINS: string = `
CREATE OR REPLACE FUNCTION cartodb.CDB_QuantileBins(in_array numeric[], breaks integer) RETURNS numeric[]
LANGUAGE sql IMMUTABLE STRICT AS $body$
  SELECT percentile_disc(ARRAY(SELECT i::float8 / breaks FROM generate_series(1, breaks) AS i)) WITHIN GROUP (ORDER BY v)
  FROM unnest(in_array) AS v WHERE v IS NOT NULL
$body$;

CREATE OR REPLACE FUNCTION cartodb.CDB_EqualIntervalBins(in_array anyarray, breaks integer) RETURNS numeric[]
LANGUAGE sql IMMUTABLE STRICT AS $body$
  SELECT array_agg(lowest + (highest - lowest) * i / breaks ORDER BY i)
  FROM (SELECT min(v)::numeric AS lowest, max(v)::numeric AS highest FROM unnest(in_array) AS v) AS span,
    generate_series(1, breaks) AS i
$body$;

-- Splits at the mean, then what lies above it at its mean, and so on.
CREATE OR REPLACE FUNCTION cartodb.CDB_HeadsTailsBins(in_array numeric[], breaks integer) RETURNS numeric[]
LANGUAGE plpgsql IMMUTABLE STRICT AS $body$
DECLARE
  head numeric[] := array_remove(in_array, NULL);
  bounds numeric[] := '{}';
  mean numeric;
BEGIN
  FOR i IN 2 .. breaks LOOP
    SELECT avg(v) INTO mean FROM unnest(head) AS v;
    EXIT WHEN mean IS NULL OR mean = (SELECT max(v) FROM unnest(head) AS v);
    bounds := bounds || mean;
    head := ARRAY(SELECT v FROM unnest(head) AS v WHERE v > mean);
  END LOOP;
  RETURN bounds || (SELECT max(v) FROM unnest(in_array) AS v);
END $body$;

-- Natural breaks: the classes whose values lie closest to their means, found exactly (Fisher) for up to 256 values and
-- for as many quantiles of more.
CREATE OR REPLACE FUNCTION cartodb.CDB_JenksBins(
  in_array numeric[], breaks integer, iterations integer DEFAULT 0, invert boolean DEFAULT false
) RETURNS numeric[]
LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
  x float8[];
  n integer;
  sums float8[];
  squares float8[];
  cost float8[];
  earlier float8[];
  cuts integer[] := '{}';
  width integer;
  best float8;
  this float8;
  cut integer;
  total float8;
  bounds numeric[] := '{}';
BEGIN
  x := ARRAY(SELECT DISTINCT v::float8 AS v FROM unnest(in_array) AS v WHERE v IS NOT NULL ORDER BY v);
  IF cardinality(x) > 256 THEN
    x := ARRAY(SELECT DISTINCT q FROM unnest((
      SELECT percentile_disc(ARRAY(SELECT i / 255.0 FROM generate_series(0, 255) AS i)) WITHIN GROUP (ORDER BY v::float8)
      FROM unnest(in_array) AS v WHERE v IS NOT NULL
    )) AS q ORDER BY q);
  END IF;
  n := cardinality(x);
  IF breaks IS NULL OR n = 0 THEN RETURN NULL; END IF;
  IF n <= breaks THEN RETURN x::numeric[]; END IF;
  sums := array_fill(0::float8, ARRAY[n + 1]);
  squares := sums;
  FOR i IN 1 .. n LOOP
    sums[i + 1] := sums[i] + x[i];
    squares[i + 1] := squares[i] + x[i] * x[i];
  END LOOP;
  -- cost[i]: the least sum of squared distances of the first i values in the classes so far.
  cost := ARRAY(SELECT squares[i + 1] - sums[i + 1] * sums[i + 1] / i FROM generate_series(1, n) AS i ORDER BY i);
  FOR class IN 2 .. breaks LOOP
    earlier := cost;
    FOR i IN 1 .. n LOOP
      best := earlier[i];
      cut := 0;
      FOR j IN class - 1 .. i - 1 LOOP
        total := sums[i + 1] - sums[j + 1];
        width := i - j;
        this := earlier[j] + squares[i + 1] - squares[j + 1] - total * total / width;
        IF this < best THEN
          best := this;
          cut := j;
        END IF;
      END LOOP;
      cost[i] := best;
      cuts[(class - 2) * n + i] := cut;
    END LOOP;
  END LOOP;
  cut := n;
  FOR class IN REVERSE breaks .. 2 LOOP
    bounds := x[cut]::numeric || bounds;
    cut := cuts[(class - 2) * n + cut];
    EXIT WHEN cut = 0;
  END LOOP;
  IF cut > 0 THEN bounds := x[cut]::numeric || bounds; END IF;
  IF invert THEN
    bounds := ARRAY(SELECT b FROM unnest(bounds) AS b ORDER BY b DESC);
  END IF;
  RETURN bounds;
END $body$;
`;
