import { stripTypeScriptTypes } from "node:module";

/**
 * The viewer's own code from its sources, as one script, for where no built one is at hand: a module imported by URL.
 * Each file becomes a function that returns what it exports; the files of the page hold to what this can read: named
 * imports of each other, and exports where things are declared.
 */
export async function linkViewer(entry: URL, read: (file: URL) => Promise<string>): Promise<string> {
  const names = new Map<string, string>();
  const parts: string[] = [];
  const link = async (file: URL): Promise<string> => {
    const known = names.get(file.href);
    if (known !== undefined) return known;
    const name = `module${names.size}`;
    names.set(file.href, name);
    const code = stripTypeScriptTypes(await read(file)).replace(/^\/\/\/ <reference.*$/gm, "");
    const imports: string[] = [];
    for (const [, specifiers = "", specifier = ""] of code.matchAll(IMPORT)) {
      const from = await link(new URL(specifier, file));
      imports.push(`const {${specifiers.replace(/\s+as\s+/g, ": ")}} = ${from};`);
    }
    const exports = [...code.matchAll(EXPORT)].map((match) => match[1]);
    const body = code.replace(IMPORT, "").replace(EXPORT, (all) => all.replace("export ", ""));
    parts.push(
      `const ${name} = (() => {\n${imports.join("\n")}\n${body}\nreturn { ${exports.join(", ")} };\n})();`,
    );
    return name;
  };
  await link(entry);
  return `"use strict";\n(() => {\n${parts.join("\n")}\n})();`.replace(/[ \t]+$/gm, "").replace(
    /\n{2,}/g,
    "\n",
  );
}

const IMPORT = /^import\s*\{([^}]*)\}\s*from\s*"(\.[^"]+)";?/gm;
const EXPORT = /^export\s+(?:async\s+)?(?:function\*?|const|let|class)\s+(\w+)/gm;
