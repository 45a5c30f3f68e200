import { expect, type Page } from '@playwright/test';
import { expectNothingSerious } from './page.ts';
import { test } from './devserver.ts';

test('an ASM instance is upgraded in place: control plane, then a gateway by itself', async ({
  page,
  address,
}) => {
  await open(page, address);
  await expect(page.getByText('Enterprise Edition')).toBeVisible();
  await expectNothingSerious(page);

  await page.getByRole('button', { name: 'Perform Upgrade Precheck' }).click();
  await expect(page.getByRole('region', { name: 'Precheck' })).toContainText('passed');
  await picture(page, 'asm-in-place');
  await page.getByRole('button', { name: 'Upgrade', exact: true }).click();
  await confirm(page);
  await isDone(page);

  await page.getByRole('link', { name: 'Upgrade Management' }).click();
  const gateways = page.getByRole('region', { name: 'Data Plane: gateways' });
  const partner = gateways.getByRole('row', { name: /partner-gateway/ });
  await expect(partner).toContainText('To be upgraded');
  await picture(page, 'asm-gateways');
  await partner.getByRole('button', { name: 'Upgrade Gateway' }).click();
  await confirm(page);
  await isDone(page);
  await page.getByRole('link', { name: 'Upgrade Management' }).click();
  await expect(partner).toContainText('On 1.17.2.42');
});

test('the console steps of a canary are led through, and noticed', async ({ page, address }) => {
  await open(page, address);
  await page.getByRole('tab', { name: 'Canary Upgrade' }).click();
  await page.getByRole('combobox', { name: /target/i }).click();
  await page.locator('.ant-select-item-option', { hasText: '1.18.0.158' }).click();
  await page.getByRole('button', { name: 'Perform Upgrade Precheck' }).click();
  await expect(page.getByText('The newer page refuses this hop')).toBeVisible();
  await picture(page, 'asm-canary');
  await page.getByRole('button', { name: 'Deploy canary…' }).click();
  const dialog = page.getByRole('dialog');
  await picture(page, 'asm-canary-plan');
  await dialog.getByRole('button', { name: 'OK', exact: true }).click();

  const console = page.getByRole('region', { name: 'In the ASM console' });
  await expect(console).toContainText('ASM Instance > Upgrade Management');
  await expectNothingSerious(page);
  await picture(page, 'asm-hand-off');
  await console.getByRole('button', { name: 'Do it in the simulated console' }).click();
  await isDone(page);
});

async function open(page: Page, address: string) {
  await page.goto(address);
  await page.getByRole('link', { name: 'Meshes' }).click();
  await page.getByRole('link', { name: 'Open demo-asm', exact: true }).click();
  await expect(page.getByText('This mesh is simulated')).toBeVisible();
}

/** Agrees to everything that the dialog asks for, and starts. */
async function confirm(page: Page) {
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: 'OK', exact: true })).toBeVisible();
  for (const box of await dialog.getByRole('checkbox').all()) await box.check();
  await dialog.getByRole('button', { name: 'OK', exact: true }).click();
}

async function isDone(page: Page) {
  const now = page.getByRole('region', { name: 'Now' });
  await expect(now.getByRole('heading', { name: 'Done' })).toBeVisible({ timeout: 90_000 });
}

/** Keeps a picture where somebody asked for them. */
async function picture(page: Page, name: string) {
  const folder = process.env.MESHLIFT_PICTURES;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}
