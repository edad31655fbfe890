import { collectRows, type RunContext } from "./collect_rows.ts";

const WIDTH = 1024;
const HEIGHT = 768;
const RADIUS = 5;
const STROKE_WIDTH = 1;

/**
 * The SQL that scales all geometries into a picture: to its full width, or to its full height where the shape is
 * higher than the picture. Points come first, then lines, then areas.
 */
function svgSql(sql: string, decimalPlaces: number): string {
  return `WITH source AS (${sql}), ` +
    "extent AS (SELECT ST_Extent(the_geom) AS box FROM source), " +
    "size AS (SELECT box, ST_XMin(box) AS x, ST_YMax(box) AS y, ST_XMax(box) - ST_XMin(box) AS width, " +
    "ST_YMax(box) - ST_YMin(box) AS height FROM extent), " +
    `fit AS (SELECT box, x, y, CASE WHEN height = 0 THEN ${WIDTH} / COALESCE(NULLIF(width, 0), ${WIDTH}) ` +
    `WHEN width / height >= ${WIDTH}.0 / ${HEIGHT} THEN ${WIDTH} / width ELSE ${HEIGHT} / height END AS scale ` +
    "FROM size) " +
    "SELECT ST_TransScale(box::geometry, -x, -y, scale, scale)::box2d AS box, " +
    "ST_Dimension(the_geom) AS dimension, " +
    `ST_AsSVG(ST_TransScale(the_geom, -x, -y, scale, scale), 0, ${decimalPlaces}) AS shape ` +
    "FROM fit, source ORDER BY dimension";
}

/** The geometries as a picture. */
export async function svgDocument(context: RunContext, sql: string, decimalPlaces: number): Promise<string> {
  const { rows } = await collectRows(context, svgSql(sql, decimalPlaces));
  const shapes: string[] = [];
  let box: number[] | undefined;
  for (const [extent, dimension, shape] of rows) {
    if (shape === null || shape === undefined || shape === "") continue;
    box ??= extent?.match(/-?[\d.]+(?:e[+-]?\d+)?/g)?.slice(-4).map(Number);
    shapes.push(dimension === "0" ? `<circle r="${RADIUS}" ${shape} />` : `<path d="${shape}" />`);
  }
  return [
    '<?xml version="1.0" standalone="no"?>',
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
    `<svg ${viewBox(box)}style="fill-opacity:0.5; stroke:black; stroke-width:${STROKE_WIDTH}; fill:none" ` +
    'xmlns="http://www.w3.org/2000/svg" version="1.1">',
    ...shapes,
    "</svg>",
    "",
  ].join("\n");
}

/** The part of the plane that is shown: the shapes, and room for circles and strokes. SVG counts downwards. */
function viewBox(box: number[] | undefined): string {
  const [x0, y0, x1, y1] = box ?? [];
  if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined) return "";
  const room = RADIUS + STROKE_WIDTH;
  return `viewBox="${x0 - room} ${-y1 - room} ${x1 - x0 + 2 * room} ${y1 - y0 + 2 * room}" `;
}
