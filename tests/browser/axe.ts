import { expect, type Page } from '@playwright/test';
import axe from 'axe-core';

/** Nobody is kept out of the page as it is now. */
export async function expectNothingSerious(page: Page) {
  // Evaluated and not added as a script, which the page's own policy would refuse.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ html }) => html) }));
  });
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious, 'axe finds nothing serious or critical').toEqual([]);
}
