import ipaddr from 'ipaddr.js';

/**
 * Whether an address belongs to the public internet. Everything else (this machine, private networks, link-local with the
 * clouds' metadata services, carrier networks, and IPv6 forms that hide an IPv4 address) does not.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().range() === 'unicast';
  return parsed.range() === 'unicast';
}
