/** Strokes on a grid of 20. Decoration only: what an icon means is said by the text or the label beside it. */
const paths = {
  hash: 'M7.5 3 6 17M14 3l-1.5 14M3.5 7.5h14M2.5 12.5h14',
  lock: 'M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9',
  home: 'M3 9.5 10 3.5l7 6M5 8.5V16.5h3.5v-4h3v4H15V8.5',
  search: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12ZM13.5 13.5 17 17',
  close: 'm5 5 10 10M15 5 5 15',
  back: 'M12.5 4.5 7 10l5.5 5.5',
  down: 'm5.5 8 4.5 4.5L14.5 8',
  send: 'M3.5 10 17 3.5 12.5 17 10 11.5ZM10 11.5 17 3.5',
  world: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM2.5 10h15M10 2.5c2.4 2.2 3.4 4.7 3.4 7.5S12.4 15.3 10 17.5C7.6 15.3 6.6 12.8 6.6 10S7.6 4.7 10 2.500Z',
  thread: 'M3 4h14v10H9l-3.5 3v-3H3zM6.5 7.500h7M6.5 10.500h4.5',
  pin: 'M8 3h6M9 3v5l-2.5 3h8L12 8M13 3v5M10.5 11v6',
  eye: 'M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5ZM10 12.200a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.400Z',
  more: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  file: 'M5 2.500h6.500L15 6v11.500H5zM11.5 2.500V6H15',
  alert: 'M10 3 18 16.500H2ZM10 8v4M10 14.200v.1',
  sun: 'M10 13.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM10 1.500v2M10 16.500v2M1.5 10h2M16.5 10h2M4 4l1.4 1.400M14.6 14.6 16 16M4 16l1.4-1.400M14.6 5.4 16 4',
  moon: 'M16.5 12A7 7 0 0 1 8 3.500a7 7 0 1 0 8.5 8.500Z',
  auto: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 3v14M10 6.500h5.500M10 10h7M10 13.500h5.5',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width={name === 'more' ? 2.6 : 1.5} stroke-linecap="round" stroke-linejoin="round">
      <path d={paths[name]} />
    </svg>
  );
}
