// What reads and writes credentials elsewhere, as one thing to load when it is first needed.
export { loadEnvFile, loadEnvironment } from "./_env.ts";
export { loadFile, makeFolder, pathText, removeFile, writeFile } from "./_file.ts";
export { loadFirst, loadFlag } from "./_resolve.ts";
export { userFilePath } from "./_file.ts";
