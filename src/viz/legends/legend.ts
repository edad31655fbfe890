import { ArgumentError } from "../../errors/carto_error.ts";
import { checkFormat, checkTitled, type Titled, type TitledOptions } from "../_titled.ts";

/** What a legend explains. */
export type LegendType =
  | "basic"
  | "default"
  | "color-bins"
  | "color-category"
  | "color-continuous"
  | "size-bins"
  | "size-category"
  | "size-continuous";

/** The property of the style that a legend is about. */
export type LegendProp = "color" | "strokeColor" | "size" | "strokeWidth";

/** What a legend helper returns: plain data that never changes. */
export interface Legend extends Titled {
  /** What it explains; `default` takes that of the layer's style. */
  readonly type: LegendType;
  /** The property of the style that it is about. */
  readonly prop: LegendProp;
  /** Whether it follows what is in the viewport. */
  readonly dynamic: boolean;
  /** Whether the smallest comes first; undefined where the layer's style decides. */
  readonly ascending: boolean | undefined;
  /** A specifier of d3-format; undefined for the usual format. */
  readonly format: string | undefined;
}

/** What legends of scales take. */
export interface ScaleLegendOptions extends TitledOptions {
  /** The property of the style that it is about, for a style that sets several by columns. */
  prop?: LegendProp | undefined;
  /** Whether it follows what is in the viewport. Default: true. */
  dynamic?: boolean | undefined;
}

/** What legends of numbers take. */
export interface NumberLegendOptions extends ScaleLegendOptions {
  /** Whether the smallest comes first. Default: false. */
  ascending?: boolean | undefined;
  /** A specifier of d3-format, such as `.2f`. Default: the usual format of the reader's language. */
  format?: string | undefined;
}

const TYPES: readonly LegendType[] = [
  "basic",
  "default",
  "color-bins",
  "color-category",
  "color-continuous",
  "size-bins",
  "size-category",
  "size-continuous",
];
const PROPS: readonly LegendProp[] = ["color", "strokeColor", "size", "strokeWidth"];

/** A legend of a type. */
export function makeLegend(
  type: LegendType,
  options: NumberLegendOptions,
  defaults: { prop: LegendProp; ascending: boolean | undefined },
): Legend {
  return Object.freeze({
    type,
    prop: checkProp(options.prop ?? defaults.prop),
    dynamic: options.dynamic ?? true,
    ascending: options.ascending ?? defaults.ascending,
    ...checkTitled(options),
    format: checkFormat(options.format),
  });
}

function checkProp(prop: unknown): LegendProp {
  const found = PROPS.find((each) => each === prop);
  if (found !== undefined) return found;
  throw new ArgumentError(
    `Legend property ${JSON.stringify(prop)} is not valid. Valid legend properties are: ${PROPS.join(", ")}`,
    { argument: "prop" },
  );
}

/** The legends of a layer, one or a list. */
export function checkLegends(legends: unknown): readonly Legend[] {
  const list = Array.isArray(legends) ? legends : [legends];
  for (const legend of list) {
    if (typeof legend !== "object" || legend === null || !("type" in legend && "prop" in legend)) {
      throw new ArgumentError("Legends list contains invalid elements", {
        argument: "legends",
        hint: "Make each with a legend helper, such as colorBinsLegend()",
      });
    }
    if (!TYPES.includes(legend.type)) {
      throw new ArgumentError(
        `Legend type ${JSON.stringify(legend.type)} is not valid. Valid legend types are: ${
          TYPES.join(", ")
        }`,
        { argument: "legends" },
      );
    }
    checkProp(legend.prop);
  }
  return list;
}
