import { theme as antdTheme, type ThemeConfig } from 'antd';
import { fontFamily, monoFamily, palette, type ThemeName } from './tokens.ts';

export function antdThemeOf(name: ThemeName): ThemeConfig {
  const colour = palette[name];
  return {
    algorithm: name === 'dark' ? antdTheme.darkAlgorithm : antdTheme.defaultAlgorithm,
    token: {
      fontFamily,
      fontFamilyCode: monoFamily,
      fontSize: 13,
      fontWeightStrong: 600,
      lineHeight: 20 / 13,
      borderRadius: 4,
      borderRadiusSM: 4,
      borderRadiusLG: 4,
      controlHeight: 30,
      controlHeightSM: 24,
      colorPrimary: colour['accent-fill'],
      colorPrimaryHover: colour['accent-hover'],
      colorLink: colour.accent,
      colorError: colour.bad,
      colorWarning: colour['warn-mark'],
      colorSuccess: colour.ok,
      colorText: colour['text-1'],
      colorTextSecondary: colour['text-2'],
      colorTextTertiary: colour['text-3'],
      colorTextQuaternary: colour['text-3'],
      colorTextPlaceholder: colour['text-3'],
      colorTextDisabled: colour['text-3'],
      colorBgBase: colour.panel,
      colorBgContainer: colour.panel,
      colorBgElevated: colour.panel,
      colorBgLayout: colour.app,
      colorBgContainerDisabled: colour.app,
      colorBorder: colour['line-strong'],
      colorBorderDisabled: colour.line,
      colorBorderSecondary: colour.line,
      colorSplit: colour.line,
      controlItemBgActive: colour.selected,
      controlItemBgActiveHover: colour.selected,
      controlOutline: 'transparent',
      boxShadow: colour.float,
      boxShadowSecondary: colour.float,
      motion: false,
    },
    components: {
      Button: { primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none', fontWeight: 500 },
      Select: { optionSelectedBg: colour.selected, optionSelectedFontWeight: 500 },
      Modal: { titleFontSize: 16 },
    },
  };
}
