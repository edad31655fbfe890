import { isByKind } from "./_compile_style.ts";
import type { Layer } from "./layer.ts";
import type { ColorValue, SizeValue, Style } from "./styles/style.ts";

/** The names of the columns that a layer uses, in the order in which they are met. */
export function layerColumns({ style, widgets, popupHover, popupClick }: Layer): string[] {
  const styles = style === undefined ? [] : isByKind(style) ? Object.values(style) : [style];
  const names = [
    ...styles.flatMap((each) => each === undefined ? [] : styleColumns(each)),
    ...(widgets ?? []).flatMap(({ type, value, operation }) =>
      value === undefined || (type === "formula" && operation === "count") ? [] : [value]
    ),
    ...[...popupHover ?? [], ...popupClick ?? []].flatMap(({ value }) => value ?? []),
  ];
  return [...new Set(names)];
}

function styleColumns(style: Style): string[] {
  const counts = style.type === "cluster-size" && style.operation === "count";
  const value = "value" in style && !counts ? [style.value] : [];
  const { color, size, strokeColor, strokeWidth } = style as {
    color?: ColorValue;
    size?: SizeValue;
    strokeColor?: ColorValue;
    strokeWidth?: SizeValue;
  };
  const nested = [color, size, strokeColor, strokeWidth].flatMap((each) =>
    typeof each === "object" ? styleColumns(each) : []
  );
  const animate = "animate" in style && style.animate !== undefined ? [style.animate] : [];
  return [...value, ...nested, ...animate];
}
