const paths = {
  meshes: 'M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z',
  upgrade: 'M4.5 12.5a3 3 0 0 1-.4-6 4 4 0 0 1 7.8-.4 3.2 3.2 0 0 1-.2 6.4M8 13.5V8M6 9.8 8 7.8l2 2',
  planner:
    'M4.5 5.5v5M4.5 5.5a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5ZM4.5 14a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5ZM11.5 5.5a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5ZM11.5 5.5c0 3-7 1.5-7 5',
  history: 'M3 3.5v3h3M3.2 6.2A5.5 5.5 0 1 1 2.5 9M8 5.5V8.5l2 1.2',
  settings:
    'M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4ZM6.9 2h2.2l.4 1.7 1.4.8 1.7-.5 1.1 1.9-1.3 1.2v1.8l1.3 1.2-1.1 1.9-1.7-.5-1.4.8L9.1 14H6.9l-.4-1.7-1.4-.8-1.7.5-1.1-1.9 1.3-1.2V7.1L2.3 5.9 3.4 4l1.7.5 1.4-.8z',
  collapse: 'M6 3.5h8M6 8h8M6 12.5h8M3.5 6 1.8 8l1.7 2',
  expand: 'M6 3.5h8M6 8h8M6 12.5h8M1.8 6l1.7 2-1.7 2',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.8 10.8 14 14',
  theme: 'M6 13.5h4M6.5 11.5C6.5 9.5 4 9 4 6.3a4 4 0 0 1 8 0c0 2.7-2.5 3.2-2.5 5.2z',
  copy: 'M5.5 4.5v-2h7v9h-2M3.5 4.5h7v9h-7z',
  check: 'M3.5 8.5 6.5 11.5 12.5 4.5',
  chevron: 'M4 6.5 8 10.5l4-4',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5v9l7-4.5z',
  abort: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM3.8 3.8l8.4 8.4',
  rollback: 'M5.5 3 3 5.5 5.5 8M3 5.5h7.5a2.5 2.5 0 0 1 2.5 2.5v5H6',
  reload: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3',
  arrow: 'M3 8h10M9.5 4.5 13 8l-3.5 3.5',
  close: 'M4 4l8 8M12 4l-8 8',
  brand: 'M8 3 1.8 9.6h12.4zM2 13h12',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'brand' ? 1.8 : 1.25}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      style={{ flex: 'none' }}
    >
      <path d={paths[name]} />
    </svg>
  );
}
