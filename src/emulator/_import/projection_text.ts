/** The projections that the database has formulas for, by their names in well-known text. */
// deno-fmt-ignore
const PROJECTIONS = new Set([
  "albers", "albers_conic_equal_area", "azimuthal_equidistant", "cassini", "cassini_soldner", "cylindrical_equal_area",
  "double_stereographic", "eckert_iv", "eckert_vi", "equidistant_conic", "equidistant_cylindrical", "equirectangular",
  "gauss_kruger", "gnomonic", "hotine_oblique_mercator", "hotine_oblique_mercator_azimuth_center",
  "hotine_oblique_mercator_azimuth_natural_origin", "hotine_oblique_mercator_two_point_natural_origin", "krovak",
  "lambert_azimuthal_equal_area", "lambert_conformal_conic", "lambert_conformal_conic_1sp",
  "lambert_conformal_conic_2sp", "mercator", "mercator_1sp", "mercator_2sp", "mercator_auxiliary_sphere",
  "miller_cylindrical", "mollweide", "new_zealand_map_grid", "oblique_stereographic", "orthographic", "plate_carree",
  "polar_stereographic", "polyconic", "rectified_skew_orthomorphic_natural_origin", "robinson", "sinusoidal",
  "stereographic", "stereographic_north_pole", "stereographic_south_pole", "swiss_oblique_cylindrical",
  "swiss_oblique_mercator", "transverse_mercator", "transverse_mercator_south_orientated", "van_der_grinten",
  "van_der_grinten_i", "winkel_tripel",
]);

/** A word of well-known text with what stands in its brackets. */
interface Node {
  readonly word: string;
  readonly items: readonly (Node | string | number)[];
}

/**
 * Whether a text describes a coordinate system as well-known text (version 1, as a `.prj` does) of which the database
 * knows the projection. A text that is none must not reach the embedded database: its library ends the whole process.
 */
export function isProjectionText(text: string): boolean {
  const root = new Parser(text).read();
  if (root === undefined) return false;
  if (root.word === "GEOGCS") return isGeographic(root);
  if (root.word !== "PROJCS" || !isNamed(root)) return false;
  const [geographic, projection] = [child(root, "GEOGCS"), child(root, "PROJECTION")];
  const parameters = children(root, "PARAMETER");
  return geographic !== undefined && isGeographic(geographic) && projection !== undefined &&
    PROJECTIONS.has(String(projection.items[0]).toLowerCase().replaceAll(" ", "_")) &&
    parameters.every(isMeasure) && isUnit(child(root, "UNIT"));
}

function isGeographic(node: Node): boolean {
  const datum = child(node, "DATUM");
  const spheroid = datum === undefined ? undefined : child(datum, "SPHEROID");
  const meridian = child(node, "PRIMEM");
  return isNamed(node) && datum !== undefined && isNamed(datum) && spheroid !== undefined &&
    isMeasure(spheroid) &&
    Number(spheroid.items[1]) > 0 && typeof spheroid.items[2] === "number" &&
    (meridian === undefined || isMeasure(meridian)) && isUnit(child(node, "UNIT"));
}

function isNamed({ items }: Node): boolean {
  return typeof items[0] === "string";
}

function isMeasure(node: Node): boolean {
  return isNamed(node) && typeof node.items[1] === "number";
}

function isUnit(node: Node | undefined): boolean {
  return node !== undefined && isMeasure(node) && Number(node.items[1]) > 0;
}

function children({ items }: Node, word: string): Node[] {
  return items.filter((item): item is Node => typeof item === "object" && item.word === word);
}

function child(node: Node, word: string): Node | undefined {
  return children(node, word)[0];
}

const TOKEN =
  /\s*(?:"((?:[^"]|"")*)"|([A-Za-z_][\w]*)|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|([\[\](),]))/y;

class Parser {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text.trim();
  }

  /** The outermost word; `undefined` for a text that is no well-known text. */
  read(): Node | undefined {
    TOKEN.lastIndex = 0;
    const [, , word] = TOKEN.exec(this.#text) ?? [];
    const node = word === undefined ? undefined : this.#node(word);
    return TOKEN.lastIndex === this.#text.length ? node : undefined;
  }

  #node(word: string): Node | undefined {
    const open = TOKEN.exec(this.#text)?.[4];
    if (open !== "[" && open !== "(") return undefined;
    const items: (Node | string | number)[] = [];
    for (;;) {
      const [, quoted, name, number] = TOKEN.exec(this.#text) ?? [];
      if (quoted !== undefined) items.push(quoted);
      else if (number !== undefined) items.push(Number(number));
      else if (name !== undefined) {
        // Directions of axes are words without brackets.
        const at = TOKEN.lastIndex;
        if (/^\s*[\[(]/.test(this.#text.slice(at, at + 20))) {
          const inner = this.#node(name);
          if (inner === undefined) return undefined;
          items.push(inner);
        } else items.push(name);
      } else return undefined;
      const sign = TOKEN.exec(this.#text)?.[4];
      if (sign === "]" || sign === ")") return { word: word.toUpperCase(), items };
      if (sign !== ",") return undefined;
    }
  }
}
