import { describe, expect, it } from '@jest/globals';
import { createSourceList } from '../../src/realtime/createSourceList.ts';

describe('a list of sources', () => {
  const allows = createSourceList(['192.0.2.1', '198.51.100.0/24', '2001:db8::1', '2001:db8:1::/48']);

  it.each([
    ...['192.0.2.1', '198.51.100.0', '198.51.100.255', '2001:db8::1', '2001:db8:1:ffff::1'],
    // As a server that listens on IPv6 as well sees them, and in another way to write one.
    ...['::ffff:192.0.2.1', '::ffff:c000:201', '::ffff:198.51.100.7', '2001:0DB8:0:0::1', '2001:db8::1%eth0'],
  ])('has %s', (address) => {
    expect(allows(address)).toBe(true);
  });

  it.each([
    ...['192.0.2.2', '198.51.101.0', '2001:db8::2', '2001:db8:2::1', '::ffff:192.0.2.2', '::1'],
    ...['', 'pact.im', '192.0.2.1, 192.0.2.2', '192.0.2.1/32'],
  ])('does not have %j', (address) => {
    expect(allows(address)).toBe(false);
  });

  it('may have every address', () => {
    expect(createSourceList(['0.0.0.0/0'])('203.0.113.9')).toBe(true);
    expect(createSourceList(['::/0'])('2001:db8::9')).toBe(true);
  });
});
