import { expect } from '@playwright/test';
import { test } from './devserver.ts';
import { complaintsOf, expectNothingSerious } from './page.ts';

test('a canary is deployed on the demo mesh, through the application API over HTTP', async ({
  page,
  address,
}) => {
  const complaints = complaintsOf(page);
  await page.goto(address);
  await page.getByRole('link', { name: 'Meshes' }).click();
  await page.getByRole('link', { name: 'Open demo-istio' }).click();
  await expect(page.getByText('This mesh is simulated')).toBeVisible();
  await page.getByRole('tab', { name: 'Canary Upgrade' }).click();
  await expectNothingSerious(page);

  await page.getByRole('button', { name: 'Perform Upgrade Precheck' }).click();
  await expect(page.getByRole('region', { name: 'Precheck' })).toContainText('passed');
  await page.getByRole('button', { name: 'Deploy canary…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Confirm upgrade?' });
  await expect(dialog).toContainText('demo-istio');
  await expectNothingSerious(page);
  await dialog.getByRole('button', { name: 'OK', exact: true }).click();

  const now = page.getByRole('region', { name: 'Now' });
  await expect(now.getByRole('heading', { name: 'Done' })).toBeVisible({ timeout: 90_000 });
  await expectNothingSerious(page);

  await page.getByRole('link', { name: 'Upgrade Management' }).click();
  await page.getByRole('tab', { name: 'Data plane' }).click();
  await expect(page.getByRole('grid', { name: 'Namespaces' })).toBeVisible();
  await expectNothingSerious(page);
  expect(complaints, 'the page must not complain to its console').toEqual([]);
});

test('nothing is answered without the token of the page', async ({ request, address }) => {
  const refused = await request.post(new URL('/api/run_list', address).href, { data: {} });

  expect(refused.status(), 'a program that was not told the token').toBe(401);
});
