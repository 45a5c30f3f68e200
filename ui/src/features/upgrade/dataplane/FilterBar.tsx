import { Input, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { DataPlaneRow, RowState } from '../../../ipc/index.ts';
import { Icon } from '../../../parts/Icon.tsx';
import styles from './FilterBar.module.css';
import { byState } from './tree.ts';
import type { Filter } from './useFilter.ts';

interface Props {
  rows: readonly DataPlaneRow[];
  filter: Filter;
  onChange: (filter: Filter) => void;
  textOnly?: boolean;
}

const everyOne = '';

export function FilterBar({ rows, filter, onChange, textOnly }: Props) {
  const { t } = useTranslation();
  const namespaces = [...new Set(rows.map((row) => row.namespace))].sort();
  return (
    <search className={styles.filters}>
      <Input
        className={styles.text}
        allowClear
        prefix={<Icon name="search" size={14} />}
        size="small"
        aria-label={t('dataPlane.filter')}
        placeholder={t('dataPlane.filter')}
        value={filter.text}
        onChange={(event) => onChange({ ...filter, text: event.target.value })}
      />
      {!textOnly && (
        <>
          <Select
            className={styles.select}
            size="small"
            aria-label={t('dataPlane.states')}
            value={filter.state ?? everyOne}
            popupMatchSelectWidth={220}
            onChange={(state: RowState | '') => onChange({ ...filter, state: state || null })}
            options={[
              { value: everyOne, label: t('dataPlane.allStates') },
              ...byState(rows).map(([state, count]) => ({
                value: state,
                label: t(`rowState.${state}`, { count }),
              })),
            ]}
          />
          <Select
            className={styles.select}
            size="small"
            aria-label={t('dataPlane.namespaces')}
            value={filter.namespace ?? everyOne}
            popupMatchSelectWidth={220}
            showSearch
            onChange={(namespace: string) => onChange({ ...filter, namespace: namespace || null })}
            options={[
              { value: everyOne, label: t('dataPlane.allNamespaces') },
              ...namespaces.map((name) => ({ value: name, label: name })),
            ]}
          />
        </>
      )}
    </search>
  );
}
