/// <reference lib="dom" />
/** What the browser can draw with. */

/** `none` is a browser without WebGL 2; `software` one whose processor plays the graphics card. */
export type Graphics = "none" | "software" | "hardware";

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Asks the browser. */
export function findGraphics(): Graphics {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) return "none";
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return SOFTWARE.test(name) ? "software" : "hardware";
}
