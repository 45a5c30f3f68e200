import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = join(import.meta.dirname, '..');

/** What is greyed without words on itself, and where the words are instead. */
const exceptions: Readonly<Record<string, string>> = {
  'parts/grid/Checkbox.tsx': 'the action in the same row says why',
};

/** The opening tags of a file, each with its attributes. */
function tagsOf(text: string): string[] {
  return [...text.matchAll(/<[A-Za-z][\w.]*(?=\s)/g)].map(({ index, 0: name }) => {
    let depth = 0;
    let end = index + name.length;
    for (; end < text.length && (depth > 0 || text[end] !== '>'); end += 1) {
      if (text[end] === '{') depth += 1;
      if (text[end] === '}') depth -= 1;
    }
    return text.slice(index, end);
  });
}

const isGreyed = (tag: string) => /\sdisabled(=|\s|$)/.test(tag);
const saysWhy = (tag: string) => /\s(title|aria-describedby)=/.test(tag);

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.tsx') && !name.includes('.test.'))
  .map((name) => ({
    name: name.replaceAll('\\', '/'),
    tags: tagsOf(readFileSync(join(source, name), 'utf8')),
  }));

describe('whatever may be greyed', () => {
  it('says why', () => {
    const silent = files
      .filter(({ name }) => !(name in exceptions))
      .flatMap(({ name, tags }) => tags.filter((tag) => isGreyed(tag) && !saysWhy(tag)).map(() => name));
    expect(silent, 'use ReasonedButton, or title or aria-describedby with the reason').toEqual([]);
  });

  it('is found by this test, and no exception is left over', () => {
    const greyed = files.filter(({ tags }) => tags.some(isGreyed)).map(({ name }) => name);
    expect(greyed).toContain('parts/ReasonedButton.tsx');
    expect(greyed).toEqual(expect.arrayContaining(Object.keys(exceptions)));
  });

  it.each([
    ['<Button disabled={path === ""} onClick={() => save(path)}>', false],
    ['<button type="button" onClick={() => go()} disabled>', false],
    ['<Button disabled={none} title={why} onClick={() => save()}>', true],
  ])('is told apart in %s', (tag, expected) => {
    const [found = ''] = tagsOf(tag);
    expect([isGreyed(found), saysWhy(found)]).toEqual([true, expected]);
  });
});
