// Which addresses messages are sent to: those of the public Internet, so that nobody reaches hosts
// of the worker's own network by a webhook.
import { BlockList, isIP } from 'node:net';
import { lookup } from 'node:dns';

// A list of subnets such as 10.0.0.0/8 or ::1. Throws for one that is not valid.
function blockList(subnets) {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address, length] = subnet.split('/');
    const type = { 4: 'ipv4', 6: 'ipv6' }[isIP(address)];
    if (!type || !/^\d{1,3}$|^$/.test(length ?? '')) throw new Error(`not a subnet: ${subnet}`);
    if (length === undefined) list.addAddress(address, type);
    else list.addSubnet(address, Number(length), type);
  }
  return list;
}

// This network, private ones, carriers' networks, loopback, link-local (where clouds have their
// metadata), protocols and documentation, benchmarks, multicast, reserved and broadcast.
const REFUSED_IPV4 = blockList(['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16',
  '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24',
  '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4']);

// Everything but global unicast is refused, and with it loopback, local and mapped IPv4 addresses;
// of that, protocols such as Teredo, documentation, and 6to4, which contains IPv4 addresses.
const PUBLIC_IPV6 = blockList(['2000::/3']);
const REFUSED_IPV6 = blockList(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

// Returns a function that tells whether an address may be connected to. allowed: subnets,
// separated by commas, that may be although they are not public.
export function addressCheck(allowed = '') {
  const exceptions = blockList(allowed.split(/[\s,]+/).filter(Boolean));
  return (address) => {
    const family = isIP(address);
    if (!family || address.includes('%')) return false;
    if (exceptions.check(address, `ipv${family}`)) return true;
    if (family === 4) return !REFUSED_IPV4.check(address, 'ipv4');
    return PUBLIC_IPV6.check(address, 'ipv6') && !REFUSED_IPV6.check(address, 'ipv6');
  };
}

export class AddressError extends Error {
  constructor() {
    // Not the address, which would describe the worker's network to the owner of the webhook.
    super('the address of the host is not public');
    this.code = 'ADDRESS';
  }
}

// Returns a function like dns.lookup() that finds only addresses which may be connected to. The
// connection is made to what it finds, and the name is not resolved again.
export function checkedLookup(isAllowed, resolve = lookup) {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error);
      const found = addresses.filter(({ address }) => isAllowed(address));
      if (found.length === 0) return done(new AddressError());
      if (options.all) return done(null, found);
      done(null, found[0].address, found[0].family);
    });
  };
}
