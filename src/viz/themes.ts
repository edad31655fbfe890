import { ArgumentError } from "../errors/carto_error.ts";

/** The colours of the page around the map. */
export type Theme = "light" | "dark";

/** The themes, by name. */
export const themes: { readonly light: "light"; readonly dark: "dark" } = Object.freeze({
  light: "light",
  dark: "dark",
});

/** A theme, or undefined where none was given. */
export function checkTheme(theme: unknown): Theme | undefined {
  if (theme === undefined || theme === null) return undefined;
  if (theme === "light" || theme === "dark") return theme;
  throw new ArgumentError("This theme is not valid. Valid themes types are: dark, light", {
    argument: "theme",
  });
}
