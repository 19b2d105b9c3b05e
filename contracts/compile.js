// Standard JSON in on stdin, standard JSON out on stdout, by the one file of the solc package that compiles.
//
//   node compile.js SOLJSON
const soljson = require(require('path').resolve(process.argv[2]));
const compile = soljson.cwrap('solidity_compile', 'string', ['string', 'number', 'number']);
process.stdout.write(compile(require('fs').readFileSync(0, 'utf8'), 0, 0));
