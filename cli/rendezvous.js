#!/usr/bin/env node
// Plain JavaScript that old versions of Node can read too: it only looks at the version, then starts the program.
'use strict';

var needed = [24, 11];
var installed = process.versions.node.split('.').map(Number);

if (installed[0] < needed[0] || (installed[0] === needed[0] && installed[1] < needed[1])) {
  process.stderr.write(
    'rendezvous: this is Node.js ' +
      process.versions.node +
      ', and Rendezvous needs ' +
      needed.join('.') +
      ' or newer: install a current Node.js and try again.\n',
  );
  process.exitCode = 1;
} else {
  start();
}

/** In a checkout the sources run as they are; the published package has them compiled (Node reads no .ts below node_modules). */
function start() {
  Promise.all([import('node:fs'), import('node:module'), import('node:url')])
    .then(function (modules) {
      var url = modules[2];
      // The real path: npm links the bin and, in a workspace, the package itself.
      var here = modules[0].realpathSync(url.fileURLToPath(import.meta.url));
      var base = url.pathToFileURL(here);
      var source = new URL('main.ts', base);
      var isPublished = /[\\/]node_modules[\\/]/.test(here) || !modules[0].existsSync(source);
      if (modules[1].enableCompileCache) modules[1].enableCompileCache();
      return import(isPublished ? new URL('../dist/cli/main.js', base).href : source.href);
    })
    .then(function (program) {
      return program.start();
    })
    .catch(function (error) {
      process.stderr.write('rendezvous: could not start: ' + ((error && error.stack) || error) + '\n');
      process.exitCode = 1;
    });
}
