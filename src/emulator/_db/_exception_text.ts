/** The classes of the libraries and of C++ itself whose exceptions know their text; by the beginnings of their names. */
const SPEAKING = /^(?:N5osgeo4proj|N4geos|N13geos_nlohmann|St|NSt3__2)/;

/** Where an exception's table of methods has `what()`, in words. */
const WHAT = 2;

/**
 * What a C++ exception says.
 *
 * @param env The imports of the module that throws
 * @param exception Where it lies
 * @param type Where its type is described
 * @returns Its text; without one the name of its class
 */
export function exceptionText(env: WebAssembly.ModuleImports, exception: number, type: number): string {
  const { memory, __indirect_function_table: table } = env;
  if (!(memory instanceof WebAssembly.Memory) || !(table instanceof WebAssembly.Table)) return "unknown";
  const words = new Uint32Array(memory.buffer);
  const word = (address: number) => words[address >> 2] ?? 0;
  const name = textAt(memory, word(type + 4));
  if (!SPEAKING.test(name)) return name;
  const what = table.get(word(word(exception) + 4 * WHAT));
  if (typeof what !== "function") return name;
  const text = textAt(memory, Number(what(exception)));
  // The projection library does not say what the text is that it does not understand.
  return name.startsWith("N5osgeo4proj") ? `could not parse proj string: ${text}` : text;
}

function textAt({ buffer }: WebAssembly.Memory, address: number): string {
  const bytes = new Uint8Array(buffer);
  // A decoder does not read shared memory.
  return new TextDecoder().decode(bytes.slice(address, bytes.indexOf(0, address)));
}
