import { QueryClientProvider } from '@tanstack/react-query';
import { type RouterHistory, RouterProvider } from '@tanstack/react-router';
import { ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { useState } from 'react';
import { I18nextProvider } from 'react-i18next';
import { i18n } from '../i18n/index.ts';
import { type Door, DoorProvider } from '../ipc/index.ts';
import { useAppEvents } from '../live/useAppEvents.ts';
import { useAppliedTheme } from '../theme/useTheme.ts';
import { PreferencesProvider, usePreferences } from './preferences.tsx';
import { createQueryClient } from './queryClient.ts';
import { createAppRouter } from './router.tsx';

const locales = { 'en-US': enUS, 'zh-CN': zhCN };

interface Props {
  door: Door;
  history?: RouterHistory;
}

export function App({ door, history }: Props) {
  const [client] = useState(createQueryClient);
  return (
    <DoorProvider value={door}>
      <QueryClientProvider client={client}>
        <I18nextProvider i18n={i18n}>
          <PreferencesProvider>
            <Window history={history} />
          </PreferencesProvider>
        </I18nextProvider>
      </QueryClientProvider>
    </DoorProvider>
  );
}

function Window({ history }: { history?: RouterHistory }) {
  const { language, themeName } = usePreferences();
  const theme = useAppliedTheme(themeName);
  const [router] = useState(() => createAppRouter(history));
  useAppEvents();
  return (
    <ConfigProvider
      theme={theme}
      locale={locales[language]}
      wave={{ disabled: true }}
      button={{ autoInsertSpace: false }}
    >
      <RouterProvider router={router} />
    </ConfigProvider>
  );
}
