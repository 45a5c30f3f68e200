import { expect, type Page } from '@playwright/test';
import { test } from './devserver.ts';
import { complaintsOf, expectNothingSerious } from './page.ts';

async function openDemo(page: Page, address: string) {
  await page.goto(address);
  await page.getByRole('link', { name: 'Meshes' }).click();
  await page.getByRole('link', { name: 'Open demo-istio' }).click();
  await expect(page.getByText('This mesh is simulated')).toBeVisible();
}

test('routes are planned for the demo mesh, and one of them is exported', async ({ page, address }) => {
  const complaints = complaintsOf(page);
  await openDemo(page, address);
  await page.getByRole('link', { name: 'How to get there' }).click();

  const routes = page.getByRole('region', { name: 'List of routes' });
  await expect(routes.getByRole('button').first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'Route 1, hop by hop' })).toContainText('hit this mesh');
  await expect(page.getByRole('region', { name: 'To do first' })).toBeVisible();
  await expectNothingSerious(page);

  await page.getByRole('button', { name: 'Catalogue of' }).click();
  await expect(page.getByRole('region', { name: 'Parts and their age' })).toContainText('built in');
  await expectNothingSerious(page);
  await page.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('button', { name: 'Export runbook…' }).click();
  await expect(page.getByRole('region', { name: 'Preview' })).toContainText('# Runbook: 1.30');
  await expectNothingSerious(page);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(/^Saved: .*runbook-.*\.md/)).toBeVisible();
  expect(complaints, 'the page must not complain to its console').toEqual([]);
});

test('a snapshot of the demo mesh is saved, opened, checked and planned on', async ({ page, address }) => {
  await openDemo(page, address);
  await page.getByRole('button', { name: 'Save snapshot…' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const told = (await page.getByText(/^Saved: /).textContent()) ?? '';
  const file = told.match(/^Saved: (.*), \d+ KB/)?.[1] ?? '';
  await page.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('link', { name: 'Meshes' }).click();
  await page.getByRole('button', { name: 'Open snapshot…' }).click();
  await page.getByLabel('File, with its whole path').fill(file);
  await page.getByRole('button', { name: 'Open', exact: true }).click();

  await expect(page.getByText(/Saved snapshot of demo-istio/)).toContainText('nothing can be run on it');
  await expectNothingSerious(page);
  await page.getByRole('tab', { name: 'Canary Upgrade' }).click();
  await page.getByRole('button', { name: 'Perform Upgrade Precheck' }).click();
  await expect(page.getByRole('region', { name: 'Precheck' })).toContainText('passed');
  await page.getByRole('button', { name: 'Deploy canary…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Confirm upgrade?' });
  await expect(dialog).toContainText('This is a saved snapshot: nothing can be run on it');
  await expect(dialog.getByRole('button', { name: 'OK', exact: true })).toBeDisabled();
  await expectNothingSerious(page);
});

test('the simulator names what would be lost, and the API server proves it', async ({ page, address }) => {
  await openDemo(page, address);
  await page.getByRole('button', { name: 'Simulate injection…' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Injection simulator' });
  await expect(dialog.getByRole('status').first()).toContainText('workloads looked at');
  await expectNothingSerious(page);
  await dialog
    .getByRole('button', { name: /^Prove by a dry run: / })
    .last()
    .click();
  await expect(dialog.getByText(/as predicted/)).toBeVisible();
});
