// Runs before a Node program in the sandbox: Node's own https, http and fetch read no proxy variable.
// A connection to the web ports of any host goes to the sandbox's port instead, which tells the vendors'
// hosts from the hello of TLS or from the request. Certificates are still checked against the wanted name.
'use strict';

const net = require('net');

const sandbox = process.env.VODKIT_SANDBOX ? new URL(process.env.VODKIT_SANDBOX) : null;
const connect = net.Socket.prototype.connect;

function redirected(options) {
  if (options.path || ![80, 443].includes(Number(options.port))) return null;
  return { ...options, host: sandbox.hostname, port: Number(sandbox.port), lookup: undefined };
}

if (sandbox) {
  net.Socket.prototype.connect = function (...args) {
    const first = args[0];
    if (Array.isArray(first)) {
      // net.connect() hands its arguments on as an array of options and callback, marked by a symbol.
      const options = redirected(first[0]);
      if (options) args[0] = Object.assign(first.slice(), first, { 0: options });
    } else if (first !== null && typeof first === 'object') {
      args[0] = redirected(first) || first;
    } else if (typeof args[1] === 'string') {
      const options = redirected({ port: first, host: args[1] });
      if (options) args.splice(0, 2, options);
    }
    return connect.apply(this, args);
  };
}
