/** Whether an address or a name, as in a URL or not, leads to this machine and nowhere else. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d+){1,3}|\[?::1\]?|localhost)$/i.test(host);
}
