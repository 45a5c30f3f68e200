import 'antd/dist/reset.css';
import './theme/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { chooseDoor, type Door } from './ipc/index.ts';

async function doorOfThisPage(): Promise<Door> {
  if (import.meta.env.DEV) {
    const { demoDoorOfThisTab } = await import('./testing/demo.ts');
    const demo = demoDoorOfThisTab();
    if (demo) return demo;
  }
  return chooseDoor();
}

const root = document.getElementById('root');
if (root) {
  const door = await doorOfThisPage();
  createRoot(root).render(
    <StrictMode>
      <App door={door} />
    </StrictMode>,
  );
}
