import { Modal } from 'antd';
import type { PropsWithChildren, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './Dialog.module.css';

interface Props {
  title: string;
  width: number;
  footer?: ReactNode;
  onClose: () => void;
}

/** A window above the page. Only its own buttons close it, and nothing moves when it comes. */
export function Dialog({ title, width, footer = null, onClose, children }: PropsWithChildren<Props>) {
  const { t } = useTranslation();
  return (
    <Modal
      open
      title={title}
      width={width}
      footer={footer}
      onCancel={onClose}
      closable={{ 'aria-label': t('action.close') }}
      mask={{ closable: false }}
      style={{ top: 56 }}
      transitionName=""
      maskTransitionName=""
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <div className={styles.body} role="region" aria-label={title} tabIndex={0}>
        {children}
      </div>
    </Modal>
  );
}
