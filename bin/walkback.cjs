#!/usr/bin/env node
// Plain old syntax on purpose: this file must load on any Node, so that a wrong one is named instead of crashing.
'use strict';
var path = require('path');
var fs = require('fs');

var need = [22, 15];
var root = path.resolve(__dirname, '..');
var main = path.join(root, 'dist', 'walkback.js');

function recentEnough(version) {
  var parts = version.replace(/^v/, '').split('.');
  return Number(parts[0]) > need[0] || (Number(parts[0]) === need[0] && Number(parts[1]) >= need[1]);
}

function stop(message) {
  process.stderr.write('walkback: ' + message + '\n');
  process.exit(1);
}

function bundledRuntime() {
  var name = 'node-' + process.platform + '-' + process.arch;
  try {
    return path.join(path.dirname(require.resolve(name + '/package.json', { paths: [root] })), 'bin', 'node');
  } catch (error) {
    return path.join(root, 'node_modules', name, 'bin', 'node');
  }
}

function reexecute(runtime) {
  // this file again: it turns the compile cache on before anything is loaded
  var child = require('child_process').spawn(runtime, [__filename].concat(process.argv.slice(2)), {
    stdio: 'inherit',
  });
  var signals = ['SIGTERM', 'SIGHUP', 'SIGINT'];
  signals.forEach(function (signal) {
    // the terminal delivers Ctrl-C to the whole group; the program decides, the launcher only waits
    process.on(signal, function () {
      if (signal !== 'SIGINT') child.kill(signal);
    });
  });
  child.on('error', function (error) {
    stop('cannot start the bundled runtime ' + runtime + ': ' + error.message);
  });
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code);
    signals.forEach(function (name) {
      process.removeAllListeners(name);
    });
    process.kill(process.pid, signal);
  });
}

if (!fs.existsSync(main)) {
  stop('the program is not built: run `npm ci` (or `npm run build`) in ' + root + ' first.');
} else if (recentEnough(process.version) && process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(require('../package.json').version + '\n'); // known without the program
} else if (recentEnough(process.version)) {
  var nodeModule = require('module');
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  require(main); // an ES module: every Node that passes the version check can require one
} else if (fs.existsSync(bundledRuntime()) && bundledRuntime() !== process.execPath) {
  reexecute(bundledRuntime());
} else {
  stop(
    'Node.js ' +
      need.join('.') +
      ' or newer is needed and this is ' +
      process.version +
      '. Install a newer Node.js, or reinstall walkback with its optional packages (`npm ci --include=optional`).',
  );
}
