import { BlockList, isIP } from 'node:net';

/**
 * Tells whether an address is one of those listed, or in one of the listed networks (CIDR). An IPv4 address that IPv6 carries
 * (`::ffff:192.0.2.1`), as a server that listens on both sees it, is that IPv4 address.
 */
export function createSourceList(sources: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const source of sources) {
    const [address = '', prefix] = source.split('/');
    if (prefix === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return (address) => {
    // Of a zone, the network's name of this machine's own is no part of the address.
    const [bare = ''] = address.split('%');
    return isIP(bare) !== 0 && list.check(bare, familyOf(bare));
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
