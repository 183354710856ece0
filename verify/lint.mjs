// Lints an OpenAPI document by the rules of redocly.yaml. It is the linter of the Redocly CLI without the rest of
// that program, which installs ten times as much and reports its use to its makers.
import { fileURLToPath } from "node:url";
import { formatProblems, getTotals, lint, loadConfig } from "@redocly/openapi-core";

const [document] = process.argv.slice(2);
const config = await loadConfig({ configPath: fileURLToPath(new URL("redocly.yaml", import.meta.url)) });
const problems = await lint({ ref: document, config });
const totals = getTotals(problems);
formatProblems(problems, { format: "codeframe", totals, version: "1" });
console.log(`${document}: ${totals.errors} errors, ${totals.warnings} warnings`);
process.exitCode = problems.length > 0 ? 1 : 0;
