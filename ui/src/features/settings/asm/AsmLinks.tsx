import { Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { AsmLink, ContextChange, Settings } from '../../../ipc/index.ts';
import page from '../SettingsPage.module.css';
import { AsmForm } from './AsmForm.tsx';
import styles from './AsmLinks.module.css';

interface Props {
  /** Contexts that can be linked. */
  contexts: readonly string[];
  settings: Settings['contexts'];
  onChange: (context: string, change: ContextChange) => void;
}

const rules = ['asm-seed', 'asm-strict'] as const;

/** Which ASM instance is the control plane of which context, and the form that links one. */
export function AsmLinks({ contexts, settings, onChange }: Props) {
  const { t } = useTranslation();
  const linked = Object.entries(settings).flatMap(([context, held]) =>
    held.asm ? [{ context, link: held.asm }] : [],
  );
  const link = (context: string, asm: AsmLink | null) => onChange(context, { kind: 'asm', link: asm });
  return (
    <>
      <p className={styles.line}>{t('asmLink.demo')}</p>
      {linked.length > 0 && (
        <table className={page.table} aria-label={t('asmLink.links')}>
          <thead>
            <tr>
              <th scope="col">{t('asmLink.contextColumn')}</th>
              <th scope="col">{t('asmLink.instance')}</th>
              <th scope="col">{t('asmLink.profile')}</th>
              <th scope="col">{t('asmLink.rulesColumn')}</th>
              <th scope="col" className={page.act}>
                {t('asmLink.action')}
              </th>
            </tr>
          </thead>
          <tbody>
            {linked.map(({ context, link: asm }) => (
              <tr key={context}>
                <td>{context}</td>
                <td>
                  <code>{asm.instance}</code> <span className={page.note}>{asm.region}</span>
                </td>
                <td>{asm.cliProfile ?? t('asmLink.firstFound')}</td>
                <td>
                  <Select
                    size="small"
                    className={page.input}
                    aria-label={t('asmLink.rules', { name: context })}
                    value={asm.profile ?? 'asm-seed'}
                    onChange={(profile) => link(context, { ...asm, profile })}
                    options={rules.map((value) => ({ value, label: t(`planner.profile.${value}`) }))}
                  />
                </td>
                <td>
                  <button
                    type="button"
                    className={page.action}
                    aria-label={t('asmLink.unlinkOf', { name: context })}
                    onClick={() => link(context, null)}
                  >
                    {t('asmLink.unlink')}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <AsmForm contexts={contexts} settings={settings} onLink={link} />
    </>
  );
}
