export type ThemeName = 'light' | 'dark';

/** Colours of the window. Every text colour keeps 4.5:1 on every surface. */
export const palette = {
  light: {
    app: '#F3F4F6',
    panel: '#FFFFFF',
    subtle: '#F8F9FA',
    line: '#E4E7EB',
    'line-strong': '#CDD2D9',
    'text-1': '#1A1E24',
    'text-2': '#535C68',
    'text-3': '#666F7B',
    accent: '#2159C5',
    'accent-fill': '#2159C5',
    'accent-hover': '#1B4CAB',
    selected: '#EDF3FD',
    ok: '#23794A',
    'ok-soft': '#E8F4ED',
    warn: '#9A5F00',
    'warn-mark': '#C27C0A',
    'warn-soft': '#FDF4E1',
    bad: '#BE2F2A',
    'bad-soft': '#FCEDEC',
    idle: '#87909B',
    'on-accent': '#FFFFFF',
    float: '0 6px 20px rgb(16 24 40 / 16%)',
  },
  dark: {
    app: '#131518',
    panel: '#1A1D21',
    subtle: '#1F2327',
    line: '#2A2F35',
    'line-strong': '#3D444C',
    'text-1': '#E6E9ED',
    'text-2': '#A7AFB9',
    'text-3': '#8D96A1',
    accent: '#7AA5FF',
    'accent-fill': '#396BD6',
    'accent-hover': '#4A7AE0',
    selected: '#1D2A42',
    ok: '#5FBF88',
    'ok-soft': '#1A2E23',
    warn: '#E0AC4B',
    'warn-mark': '#D79E35',
    'warn-soft': '#322814',
    bad: '#F47C75',
    'bad-soft': '#3A1F1E',
    idle: '#6F7883',
    'on-accent': '#FFFFFF',
    float: '0 6px 20px rgb(0 0 0 / 50%)',
  },
} as const satisfies Record<ThemeName, Record<string, string>>;

export const fontFamily =
  "-apple-system, 'Segoe UI', Inter, Cantarell, Ubuntu, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', system-ui, sans-serif";

export const monoFamily =
  "ui-monospace, 'SF Mono', 'JetBrains Mono', 'Cascadia Mono', Menlo, 'DejaVu Sans Mono', Consolas, monospace";

export function applyTheme(name: ThemeName): void {
  const root = document.documentElement;
  root.dataset.theme = name;
  root.style.colorScheme = name;
  for (const [token, value] of Object.entries(palette[name])) {
    root.style.setProperty(`--${token}`, value);
  }
  root.style.setProperty('--font', fontFamily);
  root.style.setProperty('--mono', monoFamily);
}
