import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import words from './catalogue.zh-CN.json';

const chinese: Readonly<Record<string, string>> = words;

/** A sentence of the catalogue in a language; one that a file of the user's brought stays as it is. */
export function catalogueWords(language: string, text: string): string {
  return (language === 'zh-CN' ? chinese[text] : undefined) ?? text;
}

export function useCatalogueWords(): (text: string) => string {
  const { i18n } = useTranslation();
  return useCallback((text) => catalogueWords(i18n.language, text), [i18n.language]);
}
