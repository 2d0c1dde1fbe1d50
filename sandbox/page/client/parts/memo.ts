import { Component, createElement, type ComponentType, type FunctionComponent } from 'preact';

/** Draws again only when a property differs. */
export function memo<P extends object>(draw: ComponentType<P>): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const { props } = this;
      const keys = new Set([...Object.keys(props), ...Object.keys(next)]) as Set<keyof P>;
      return [...keys].some((key) => key !== ('children' as keyof P) && !Object.is(props[key], next[key]));
    }
    override render() {
      return createElement(draw, this.props as P);
    }
  }
  return Memo as unknown as FunctionComponent<P>;
}
