import { assertEquals } from "@std/assert";
import { isProjectionText } from "../../../src/emulator/_import/projection_text.ts";

const WGS84 = 'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],' +
  'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]';
const UTM = `PROJCS["WGS_1984_UTM_Zone_30N",${WGS84},PROJECTION["Transverse_Mercator"],` +
  'PARAMETER["False_Easting",500000.0],PARAMETER["Scale_Factor",0.9996],UNIT["Meter",1.0]]';

Deno.test("descriptions of coordinate systems are told from texts that are none", () => {
  const good = [
    WGS84,
    UTM,
    UTM.replaceAll("[", "(").replaceAll("]", ")"),
    UTM.replaceAll(",", ",\n  "),
    WGS84.replace(/]$/, ',AXIS["Latitude",NORTH],AUTHORITY["EPSG","4326"]]'),
  ];
  for (const text of good) assertEquals(isProjectionText(text), true, text);
  const bad = [
    "",
    "EPSG:25830",
    "+proj=utm +zone=30",
    "PROJCS[nothing]",
    WGS84.slice(0, -1),
    `${WGS84}]`,
    WGS84.replace("SPHEROID", "SPHERE"),
    WGS84.replace("6378137.0", '"6378137"'),
    WGS84.replace("6378137.0", "0"),
    UTM.replace("Transverse_Mercator", "Made_Up"),
    UTM.replace('UNIT["Meter",1.0]', ""),
    UTM.replace("500000.0", '"east"'),
    'VERTCS["x"]',
  ];
  for (const text of bad) assertEquals(isProjectionText(text), false, text);
});
