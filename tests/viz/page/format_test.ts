import { assertEquals } from "@std/assert";
import { formatNumber } from "../../../src/viz/page/_format.ts";
import { rangeText } from "../../../src/viz/page/_legends.ts";

Deno.test("format: without a specifier whole numbers have marks, others two to three decimals", () => {
  assertEquals(
    [0, 5, 1234567, -1234, 0.5, 1234.5678, -0.125, 0.0004].map((value) => formatNumber(value, null)),
    ["0", "5", "1,234,567", "-1,234", "0.50", "1,234.568", "-0.125", "0.0004"],
  );
  assertEquals([NaN, Infinity, -Infinity].map((value) => formatNumber(value, null)), ["NaN", "∞", "−∞"]);
});

Deno.test("format: d3's specifiers", () => {
  const cases: [value: number, specifier: string, text: string][] = [
    [1234567.891, ",.2f", "1,234,567.89"],
    [1234567, ",", "1,234,567"],
    [0.1234, ".1%", "12.3%"],
    [0.1234, ".0%", "12%"],
    [1234567, ".3s", "1.23M"],
    [1500, "~s", "1.5k"],
    [0.00042, ".2s", "420µ"],
    [42, "d", "42"],
    [42.7, "d", "43"],
    [42, "05d", "00042"],
    [42, "+d", "+42"],
    [-42, "d", "−42"],
    [-42, "(d", "(42)"],
    [42, "$.2f", "$42.00"],
    [-42, "$,.2f", "−$42.00"],
    [42, "x>6", "xxxx42"],
    [42, "x<6", "42xxxx"],
    [42, "x^6", "xx42xx"],
    [1234.5, ".3r", "1230"],
    [12345.678, ".2e", "1.23e+4"],
    [255, "x", "ff"],
    [255, "#x", "0xff"],
    [5, "b", "101"],
    [0, ".2s", "0.0"],
    [3.14159, ".3g", "3.14"],
    [-0.0001, ".2f", "0.00"],
  ];
  for (const [value, specifier, text] of cases) {
    assertEquals(formatNumber(value, specifier), text, `${value} by "${specifier}"`);
  }
});

Deno.test("format: what is no specifier is as good as none", () => {
  assertEquals(formatNumber(1234.5, "not one"), "1,234.50");
});

Deno.test("UTL-012: numbers as the specification writes them", () => {
  assertEquals([1234, 1234.5, 0.12345].map((value) => formatNumber(value, null)), [
    "1,234",
    "1,234.50",
    "0.123",
  ]);
});

Deno.test("UTL-013: ranges that are open on one side are told by that side", () => {
  const text = (from: number | undefined, to: number | undefined) => rangeText(from, to, String, [0, 9]);
  assertEquals([text(undefined, 5), text(5, undefined), text(1, 5)], ["< 5", "> 5", "1 - 5"]);
});
