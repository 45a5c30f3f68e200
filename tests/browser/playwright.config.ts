import { defineConfig } from '@playwright/test';

/** Debian's own chromium: nothing is downloaded. */
const chromium = process.env.MESHLIFT_CHROMIUM ?? '/usr/bin/chromium';

export default defineConfig({
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  reporter: 'list',
  timeout: 120_000,
  globalTimeout: 600_000,
  expect: { timeout: 20_000 },
  workers: 1,
  forbidOnly: true,
  use: {
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    actionTimeout: 20_000,
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium,
      // Chromium's sandbox needs user namespaces, which root in a container does not have.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
  },
});
