'use strict';

// Runs one node of bcoin on regtest, in memory: what it had is gone when it ends.
//
//   node bcoin.js --package DIR --port P --rpc-port P --wallet-port P --key-file FILE
//                 [--host 127.0.0.1] [--only HOST:PORT,..] [--bip37] [--ends-with-input]
//
// --package: the folder that has node_modules/bcoin, or is the package itself.
// --key-file: its first line is the password of both RPC servers; no argument, as all users see those.
// --only: the peers that it dials, again and again; without it, it dials none.
// --bip37: it answers `mempool` (BIP 35), and says so by service bit 4.
// --ends-with-input: it ends when its input does, so also when who started it is killed.
//
// It writes `ready` in a line of its own once its servers answer. Nothing leaves the machine: it asks no
// name and no other computer for its own address, and knows no peers but those that it is given.

// Both are read as the package is loaded: no native code, and addresses of the wallet on regtest.
process.env.NODE_BACKEND = 'js';
process.env.BCOIN_NETWORK = 'regtest';

const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');

const FLAGS = ['bip37', 'ends-with-input'];
const VALUES = ['package', 'host', 'port', 'rpc-port', 'wallet-port', 'key-file', 'only'];

function fail(words) {
  process.stderr.write(`${words}\n`);
  process.exit(2);
}

function readArguments(words) {
  const given = { host: '127.0.0.1', only: '' };
  for (let at = 0; at < words.length; at++) {
    const name = words[at].replace(/^--/, '');
    if (FLAGS.includes(name))
      given[name] = true;
    else if (VALUES.includes(name) && at + 1 < words.length)
      given[name] = words[++at];
    else
      fail(`there is no ${words[at]}, or it wants a value`);
  }
  for (const name of VALUES) {
    if (given[name] == null)
      fail(`--${name} is missing`);
  }
  return given;
}

function readPort(given, name) {
  const port = Number(given[name]);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    fail(`--${name} is no port`);
  return port;
}

function findPackage(folder) {
  const own = path.join(folder, 'package.json');
  const isIt = fs.existsSync(own) && JSON.parse(fs.readFileSync(own, 'utf8')).name === 'bcoin';
  const find = createRequire(path.resolve(folder, 'here.js'));
  return name => find(isIt ? `./lib/${name}` : `bcoin/lib/${name}`);
}

function makeNode(given) {
  const find = findPackage(given.package);
  const FullNode = find('node/fullnode');
  const key = fs.readFileSync(given['key-file'], 'utf8').split('\n')[0].trim();
  const only = given.only.split(',').filter(peer => peer !== '');
  if (key === '')
    fail('the key file is empty');

  const node = new FullNode({
    network: 'regtest',
    memory: true,
    workers: false,
    logConsole: true,
    logLevel: 'warning',
    listen: true,
    host: given.host,
    port: readPort(given, 'port'),
    publicHost: given.host,
    publicPort: readPort(given, 'port'),
    only,
    // On regtest that would be whatever listens at the usual port here.
    seeds: [],
    discover: false,
    upnp: false,
    bip37: given.bip37 === true,
    apiKey: key,
    httpHost: given.host,
    httpPort: readPort(given, 'rpc-port'),
    walletApiKey: key,
    walletHttpHost: given.host,
    walletHttpPort: readPort(given, 'wallet-port'),
    plugins: [find('wallet/plugin')]
  });

  // `getpeerinfo` would ask for the name of each peer's address.
  find('net/peer').prototype.getName = async () => {};
  // It would ask servers out there for its own address.
  node.pool.discoverExternal = async () => {};
  // It asks for blocks those whom it dials. A node that starts empty, and that others dial, would wait for
  // the next block.
  node.pool.on('peer open', (peer) => {
    if (!peer.outbound)
      node.pool.sendSync(peer).catch(error => node.emit('error', error));
  });
  // Without peers to dial it would look for some.
  if (only.length === 0)
    node.pool.options.maxOutbound = 0;
  return node;
}

async function run() {
  const given = readArguments(process.argv.slice(2));
  const node = makeNode(given);
  const end = () => process.exit(0);
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (given['ends-with-input'])
    process.stdin.on('end', end).on('error', end).resume();

  node.on('error', error => process.stderr.write(`${error.message}\n`));
  await node.open();
  await node.connect();
  node.startSync();
  process.stdout.write('ready\n');
}

run().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
