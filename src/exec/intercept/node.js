// Sends what Node asks of other hosts through the proxy of `release-emulator exec --intercept`. Node does so itself since
// 22.21 and 24.5, told by NODE_USE_ENV_PROXY.
'use strict';

(() => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isBuiltIn = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
  const proxy = process.env.HTTPS_PROXY;
  if (isBuiltIn || !proxy || major < 18) return;

  const http = require('node:http');
  const https = require('node:https');
  const net = require('node:net');
  const tls = require('node:tls');
  const { hostname: proxyHost, port: proxyPort } = new URL(proxy);

  const isDirect = (host) => !host || /^(localhost|.+\.localhost|127\.[\d.]+|\[?::1\]?)$/i.test(host);

  // Opens a tunnel to a host; `done` gets an error or a socket.
  const tunnel = (host, port, done) => {
    const target = `${host}:${port}`;
    const asked = http.request({
      host: proxyHost, port: proxyPort, method: 'CONNECT', path: target, headers: { host: target }, agent: false,
    });
    asked.once('connect', (answer, socket) => {
      if (answer.statusCode === 200) return done(null, socket);
      socket.destroy();
      done(new Error(`CONNECT ${target}: ${answer.statusCode} ${answer.statusMessage}`));
    });
    asked.once('error', done);
    asked.end();
  };

  for (const [agent, usualPort] of [[http.Agent, 80], [https.Agent, 443]]) {
    const direct = agent.prototype.createConnection;
    agent.prototype.createConnection = function createConnection(options, done) {
      const { host } = options;
      if (typeof done !== 'function' || options.socketPath || isDirect(host)) return direct.call(this, options, done);
      tunnel(host, options.port || usualPort, (error, socket) => {
        if (error) return done(error);
        if (agent === http.Agent) return done(null, socket);
        const servername = options.servername || host;
        done(null, tls.connect({ ...options, host: undefined, port: undefined, socket, servername }));
      });
    };
  }

  // The connections of `fetch`, whose library is loaded with the first call.
  const connect = (options, done) => {
    const { hostname: host, protocol } = options;
    const isSecure = protocol === 'https:';
    const port = options.port || (isSecure ? 443 : 80);
    const secure = (error, socket) => {
      if (error) return done(error);
      if (!isSecure) return done(null, socket);
      const servername = options.servername || host;
      const secured = tls.connect({ socket, servername, ALPNProtocols: ['http/1.1'] });
      secured.once('secureConnect', () => done(null, secured)).once('error', done);
    };
    if (!isDirect(host)) return tunnel(host, port, secure);
    const socket = net.connect({ host: host.replace(/^\[|\]$/g, ''), port });
    socket.once('connect', () => secure(null, socket)).once('error', done);
  };
  const original = globalThis.fetch;
  let isSet = false;
  globalThis.fetch = function fetch(input, init) {
    if (!isSet) {
      isSet = true;
      const dispatcher = Symbol.for('undici.globalDispatcher.1');
      original('data:,').catch(() => {});
      const usual = globalThis[dispatcher];
      if (usual && usual.constructor.name === 'Agent') globalThis[dispatcher] = new usual.constructor({ connect });
    }
    return original(input, init);
  };
})();
