/** The address keeps who one is and where, so that reload, the back button and two tabs as two people work: `#/U1/C1/1700000000.000100`. */
export interface Route {
  readonly me?: string;
  readonly place?: string;
  readonly thread?: string;
}

export function readRoute(hash: string): Route {
  const [me, place, thread] = hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  return { ...(me ? { me } : {}), ...(place ? { place } : {}), ...(thread ? { thread } : {}) };
}

export function writeRoute(route: Route): string {
  return '#/' + [route.me, route.place, route.thread].filter((part) => part !== undefined).map(encodeURIComponent).join('/');
}
