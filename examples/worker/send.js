// Sends one message over HTTP.
import { isIP } from 'node:net';
import { Agent, buildConnector, request } from 'undici';
import { AddressError, checkedLookup } from './address.js';

// The receiver's answer is read so that the connection can be used again, but not more of it.
const MAX_ANSWER = 16 * 1024;
const LONGEST_RETRY_AFTER = 30 * 24 * 3600;

// Returns the seconds of a header Retry-After, a number or a date; null if there is none.
export function retryAfter(value, now = Date.now()) {
  const text = String(value ?? '').trim();
  // Dates begin with the day of the week; Date.parse() reads much else as one.
  const date = /^[A-Z][a-z]+[, ]/.test(text) ? Date.parse(text) : NaN;
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((date - now) / 1000);
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0), LONGEST_RETRY_AFTER);
}

// What went wrong, in words that reveal nothing of the worker's network.
function describe(error) {
  if (error.name === 'TimeoutError' || /TIMEOUT|ETIMEDOUT/.test(error.code)) return 'timeout';
  if (error instanceof AddressError) return error.message;
  // The addresses of a host failed one by one.
  const { code } = error instanceof AggregateError ? error.errors[0] : error;
  return /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'the request failed';
}

// Returns a function that sends a message and resolves to {status, retryAfter, error}: status is
// null if there was no answer, which error then explains. It never rejects. isAllowed: see
// addressCheck(). timeoutMs: for all of it, from the first byte to the last one.
export function sender({ isAllowed, timeoutMs, userAgent = 'taskcrm-worker', resolve }) {
  const connectTo = buildConnector({ timeout: timeoutMs, lookup: checkedLookup(isAllowed, resolve) });
  const connect = (options, done) => {
    // An address needs no lookup.
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) && !isAllowed(host)) done(new AddressError());
    else connectTo(options, done);
  };
  const agent = new Agent({ connect, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });

  async function send(message) {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const { protocol } = new URL(message.url);
      if (protocol !== 'https:' && protocol !== 'http:') return { status: null, error: 'not an HTTP address' };
      // This follows no redirects: an answer with 3xx is no success.
      const answer = await request(message.url, {
        dispatcher: agent, method: 'POST', signal, body: message.body, headers: { 'user-agent': userAgent, ...message.headers },
      });
      // The status decides, whatever becomes of the rest.
      await answer.body.dump({ limit: MAX_ANSWER, signal }).catch(() => {});
      return { status: answer.statusCode, retryAfter: retryAfter(answer.headers['retry-after']) };
    } catch (error) {
      return { status: null, error: describe(error) };
    }
  }
  send.close = () => agent.destroy();
  return send;
}
