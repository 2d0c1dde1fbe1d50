import ipaddr from 'ipaddr.js';

/**
 * Whether an address belongs to the public internet. Everything else (this machine, private networks, link-local with the
 * clouds' metadata services, carrier networks, and IPv6 forms that hide an IPv4 address) does not.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().range() === 'unicast';
  // What is routed is 2000::/3. Beside it lie forms with an IPv4 address inside (::127.0.0.1) and networks of old that nobody should reach.
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(ipaddr.IPv6.parse('2000::'), 3)) return false;
  return parsed.range() === 'unicast';
}
