/**
 * The plane in which the viewer works: Web Mercator, the world 512 units wide and high, x to the east and y to the
 * north, as deck.gl counts it. At zoom z a unit is 2^z pixels.
 */
import type { PageBounds } from "./description.ts";

/** The width of the world. */
export const WORLD = 512;

/** The northernmost latitude that the plane has. */
const MAX_LATITUDE = 85.051129;

/** Longitude to x. */
export function toX(longitude: number): number {
  return (longitude + 180) * (WORLD / 360);
}

/** Latitude to y; beyond the plane's edge, the edge. */
export function toY(latitude: number): number {
  const inside = Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, latitude));
  const sine = Math.sin(inside * Math.PI / 180);
  return WORLD / 2 + Math.log((1 + sine) / (1 - sine)) * (WORLD / (4 * Math.PI));
}

/** x to longitude. */
export function toLongitude(x: number): number {
  return x * (360 / WORLD) - 180;
}

/** y to latitude. */
export function toLatitude(y: number): number {
  return Math.atan(Math.sinh((y - WORLD / 2) * (2 * Math.PI / WORLD))) * (180 / Math.PI);
}

/** Where the camera is. */
export interface Camera {
  readonly longitude: number;
  readonly latitude: number;
  readonly zoom: number;
  readonly bearing: number;
  readonly pitch: number;
}

/** A box in the plane. */
export interface Box {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** The camera that shows the whole of some bounds, with room around them. */
export function fitBounds(
  [west, south, east, north]: PageBounds,
  width: number,
  height: number,
  { padding, maxZoom }: { padding: number; maxZoom: number },
): Camera {
  // On a very small map the room around is given up before the map is.
  const room = Math.min(padding, width / 4, height / 4);
  const [x0, x1, y0, y1] = [toX(west), toX(east), toY(south), toY(north)];
  const scale = Math.min(
    (width - 2 * room) / Math.max(x1 - x0, 1e-9),
    (height - 2 * room) / Math.max(y1 - y0, 1e-9),
  );
  const zoom = Math.max(0, Math.min(maxZoom, Math.log2(scale)));
  return {
    longitude: toLongitude((x0 + x1) / 2),
    latitude: toLatitude((y0 + y1) / 2),
    zoom,
    bearing: 0,
    pitch: 0,
  };
}

/** The nearest camera that sees nothing above and below the world, as maps of this kind are wont to do. */
export function withinWorld(camera: Camera, height: number, maxZoom: number): Camera {
  const lowest = Math.max(0, Math.log2(height / WORLD));
  const zoom = Math.min(maxZoom, Math.max(lowest, camera.zoom));
  const half = Math.min(WORLD / 2, height / 2 / 2 ** zoom);
  const latitude = toLatitude(Math.max(half, Math.min(WORLD - half, toY(camera.latitude))));
  const longitude = ((camera.longitude + 180) % 360 + 360) % 360 - 180;
  // Unchanged numbers stay exactly what they were.
  const isInside = Math.abs(latitude - camera.latitude) < 1e-9;
  return {
    longitude: Math.abs(longitude - camera.longitude) < 1e-9 ? camera.longitude : longitude,
    latitude: isInside ? camera.latitude : latitude,
    zoom,
    bearing: camera.bearing,
    pitch: camera.pitch,
  };
}

/** What a camera that looks straight down sees; turned maps see all of it and some more. */
export function visibleBox(
  { longitude, latitude, zoom, bearing, pitch }: Camera,
  width: number,
  height: number,
): Box {
  const scale = 2 ** -zoom / 2;
  const [sine, cosine] = [
    Math.abs(Math.sin(bearing * Math.PI / 180)),
    Math.abs(Math.cos(bearing * Math.PI / 180)),
  ];
  // A tilted map sees further; up to 60° this is enough.
  const depth = height * (1 + Math.max(0, pitch) / 20);
  const halfWidth = (width * cosine + depth * sine) * scale;
  const halfHeight = (width * sine + depth * cosine) * scale;
  const [x, y] = [toX(longitude), toY(latitude)];
  return { west: x - halfWidth, south: y - halfHeight, east: x + halfWidth, north: y + halfHeight };
}
