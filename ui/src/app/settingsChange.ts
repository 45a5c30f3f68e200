import type { ContextChange, ContextSettings, Settings, SettingsChange } from '../ipc/index.ts';

const unset: ContextSettings = { tag: null, protected: false, installValues: null, asm: null };

/** What the window shows until the application has answered; what is kept is the application's word. */
export function changed(settings: Settings, change: SettingsChange): Settings {
  switch (change.kind) {
    case 'language':
      return { ...settings, language: change.language };
    case 'theme':
      return { ...settings, theme: change.theme };
    case 'readOnly':
      return { ...settings, readOnly: change.on };
    case 'addPath': {
      const key = listOf[change.list];
      return { ...settings, [key]: [...settings[key].filter((path) => path !== change.path), change.path] };
    }
    case 'removePath': {
      const key = listOf[change.list];
      return { ...settings, [key]: settings[key].filter((path) => path !== change.path) };
    }
    case 'catalogue':
      return { ...settings, catalogueFile: change.file };
    case 'context': {
      const held = settings.contexts[change.context] ?? unset;
      const contexts = { ...settings.contexts, [change.context]: ofContext(held, change.change) };
      return { ...settings, contexts };
    }
  }
}

const listOf = { kubeconfigs: 'kubeconfigFiles', istioctls: 'istioctlPaths' } as const;

function ofContext(held: ContextSettings, change: ContextChange): ContextSettings {
  switch (change.kind) {
    case 'tag':
      return { ...held, tag: change.tag };
    case 'protected':
      return { ...held, protected: change.on };
    case 'installValues':
      return { ...held, installValues: change.file };
    case 'asm':
      return { ...held, asm: change.link };
  }
}
