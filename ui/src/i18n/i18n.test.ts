import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import enUS from './en-US.json';
import { i18n } from './index.ts';
import { phraseIn } from './phrase.ts';
import zhCN from './zh-CN.json';

const source = join(import.meta.dirname, '..');

function keysOf(tree: object, path = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([name, value]) =>
      typeof value === 'string' ? [[path + name, value] as const] : [...keysOf(value, `${path}${name}.`)],
    ),
  );
}

const singular = (key: string) => key.replace(/_(one|other)$/, '');
const blanks = (words: string) => [...words.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('.test.'))
    .map((name) => join(folder, name));
}

describe('words', () => {
  const english = keysOf(enUS);
  const chinese = keysOf(zhCN);

  it('exist in both languages', () => {
    const wanted = new Set([...english.keys()].map(singular));
    const given = new Set([...chinese.keys()].map(singular));
    expect(
      [...wanted].filter((key) => !given.has(key)),
      'missing in zh-CN.json',
    ).toEqual([]);
    expect(
      [...given].filter((key) => !wanted.has(key)),
      'left over in zh-CN.json',
    ).toEqual([]);
  });

  it('have the same blanks in both languages', () => {
    const different = [...chinese].filter(([key, words]) => {
      const original = english.get(key) ?? english.get(`${singular(key)}_other`) ?? '';
      return blanks(words).join() !== blanks(original).join();
    });
    expect(different.map(([key]) => key)).toEqual([]);
  });

  it('exist for every sentence and every error of the application', () => {
    const bindings = readFileSync(join(source, 'ipc/bindings.ts'), 'utf8');
    const literals = (type: string) => {
      const body = bindings.match(new RegExp(`export type ${type} =([\\s\\S]*?);\\n`))?.[1] ?? '';
      const bare = body.replace(/\/\*[\s\S]*?\*\//g, '');
      return [...bare.matchAll(/["'](\w+)["']/g)].map(([, word]) => word ?? '');
    };
    const known = new Set([...english.keys()].map(singular));
    const phrases = literals('PhraseCode');
    const errors = literals('ErrorCode');
    expect(phrases.length, 'phrase codes were found in the bindings').toBeGreaterThan(200);
    expect(errors.length, 'error codes were found in the bindings').toBeGreaterThan(15);
    expect(phrases.filter((code) => !known.has(`phrase.${code}`))).toEqual([]);
    expect(errors.filter((code) => !known.has(`error.${code}`))).toEqual([]);
  });
});

/** Of these there are always several, or the noun is that of a whole; a runbook tells none apart. */
const neverOne = [
  'phrase.whyTwoWebhooks',
  'phrase.findDoubleThen',
  'phrase.fateTwice',
  'phrase.findManyThen',
  'planner.refusedArcs',
  'runbook.stepRestarts',
];

describe('a count of one', () => {
  it('has words of its own where the noun beside it has', () => {
    const counted =
      /^(?!.* of \{\{count\}\}).*\{\{(count|workloads)\}\} (?:[a-z]+ )?(?:[a-z]{2,}s|proxies)\b/;
    const wrong = [...keysOf(enUS)]
      .filter(([key, words]) => counted.test(words) && !/_(one|other)$/.test(key))
      .map(([key]) => key)
      .filter((key) => !neverOne.includes(key));
    expect(wrong).toEqual([]);
  });

  it.each([
    ['findBudgetThen', { budget: 'cart', allowed: '0', needed: '1' }, 'take pods (1)'],
    ['factStuck', { count: '1' }, "1 can't be brought up to date by a restart, see its row"],
    ['factProxies', { count: '1' }, '1 proxy'],
    ['factGateways', { count: '1', pods: '1' }, '1 gateway, pods: 1'],
  ] as const)('reads right in %s', (code, params, expected) => {
    expect(phraseIn(i18n.t, { code, params, nested: {} })).toContain(expected);
  });
});

describe('parts of the window', () => {
  it('hold no words of their own', () => {
    const literal = />\s*([^<>{}\s][^<>{}]*?[A-Za-z\u4e00-\u9fff][^<>{}]*?)\s*<\/(?!code>)/g;
    const attribute = /\b(?:title|placeholder|aria-label|label|alt)="([^"]*[A-Za-z\u4e00-\u9fff][^"]*)"/g;
    const found = filesBelow(source, '.tsx').flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      return [...text.matchAll(literal), ...text.matchAll(attribute)].map(([, words]) => `${file}: ${words}`);
    });
    expect(found).toEqual([]);
  });
});
