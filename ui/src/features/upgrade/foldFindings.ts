import type { FindingView } from '../../ipc/index.ts';

export type FindingEntry =
  | { kind: 'finding'; key: string; finding: FindingView }
  | { kind: 'more'; key: string; group: string; count: number };

const shownOfEach = 3;

function groupOf(finding: FindingView): string {
  return `${finding.rule} ${finding.severity} ${finding.what.code} ${finding.consequence.code}`;
}

/** Findings that are all the same fold into one line, unless only one would be folded. */
export function foldFindings(
  findings: readonly FindingView[],
  unfolded: ReadonlySet<string>,
): FindingEntry[] {
  const groups = new Map<string, FindingView[]>();
  for (const finding of findings) {
    const group = groupOf(finding);
    groups.set(group, [...(groups.get(group) ?? []), finding]);
  }
  return [...groups].flatMap(([group, members]): FindingEntry[] => {
    const all = unfolded.has(group) || members.length <= shownOfEach + 1;
    const shown = all ? members : members.slice(0, shownOfEach);
    const entries = shown.map(
      (finding, index): FindingEntry => ({ kind: 'finding', key: `${group} ${index}`, finding }),
    );
    return all
      ? entries
      : [...entries, { kind: 'more', key: `${group} more`, group, count: members.length - shown.length }];
  });
}
