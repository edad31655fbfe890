import { ArgumentError } from "../../errors/carto_error.ts";
import { checkAnimate, checkColorValue, checkNumber, checkValue, optional, shown } from "./_check_style.ts";
import type { AnimateOptions, AnimateStyle } from "./style.ts";

/** What is told of the points of a cluster. */
export type ClusterOperation = "count" | "avg" | "min" | "max" | "sum";

/** What {@linkcode clusterSizeStyle} takes. */
export interface ClusterSizeStyleOptions extends AnimateOptions {
  /** What the size of a cluster tells. Default: `count`, for which the column does not matter. */
  operation?: ClusterOperation | undefined;
  /** How wide the cells are in which points are gathered, in pixels. Default: 32. */
  resolution?: number | undefined;
  /** Default: `#FFB927`. */
  color?: string | undefined;
  /** A column of numbers or times by which the points appear and fade, in 5 seconds. */
  animate?: string | undefined;
}

/** Clusters of points, as {@linkcode clusterSizeStyle} makes it. */
export interface ClusterSizeStyle extends AnimateStyle {
  /** What kind of style it is. */
  readonly type: "cluster-size";
  /** The column; it does not matter for `count`. */
  readonly value: string;
  /** What the size of a cluster tells. */
  readonly operation: ClusterOperation;
  /** How wide cells are, in pixels. */
  readonly resolution: number;
  /** Undefined for the default. */
  readonly color: string | undefined;
}

const OPERATIONS: readonly ClusterOperation[] = ["count", "avg", "min", "max", "sum"];

/**
 * Points gathered into circles by their place on the screen, sized by how many they are, or by what a column of theirs
 * comes to. For points only. Opacity is 0.8 when not given.
 *
 * @param value The column
 * @param options What is told of it, how wide cells are, and the rest of the look
 * @returns The style, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example Sales by neighbourhood
 * ```ts
 * import { clusterSizeStyle } from "@cartoframes/cartoframes/viz";
 *
 * const style = clusterSizeStyle("sales", { operation: "sum", resolution: 64 });
 * if (style.operation !== "sum") throw new Error(JSON.stringify(style));
 * ```
 */
export function clusterSizeStyle(value: string, options: ClusterSizeStyleOptions = {}): ClusterSizeStyle {
  const operation = OPERATIONS.find((each) => each === (options.operation ?? "count"));
  if (operation === undefined) {
    throw new ArgumentError(
      `${shown(options.operation)} is not a valid operation. Valid operations are count, avg, min, max, sum`,
      { argument: "operation" },
    );
  }
  const color = optional(options.color, (given) => checkColorValue(given, "color"));
  if (color !== undefined && typeof color !== "string") {
    throw new ArgumentError("Cannot color clusters by a column: a cluster is many rows", {
      argument: "color",
      hint: "Give one color",
    });
  }
  return Object.freeze({
    type: "cluster-size",
    value: checkValue(value),
    operation,
    resolution: checkNumber(options.resolution ?? 32, "resolution", 1, 256),
    color,
    ...checkAnimate(options),
  });
}
