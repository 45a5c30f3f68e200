import type { TFunction } from 'i18next';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiError, Phrase } from '../ipc/index.ts';
import { catalogueWords } from './catalogue.ts';
import { i18n } from './index.ts';

const figure = /^\d+$/;

export function phraseIn(t: TFunction, phrase: Phrase): string {
  const params: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(phrase.params))
    params[name] = catalogueWords(i18n.language, value);
  for (const [name, inner] of Object.entries(phrase.nested)) params[name] = phraseIn(t, inner);
  const count = params.count ?? params.workloads;
  if (typeof count === 'string' && figure.test(count)) params.count = Number(count);
  return t(`phrase.${phrase.code}` as 'phrase.upToDate', params);
}

export function usePhrase(): (phrase: Phrase) => string {
  const { t } = useTranslation();
  return useCallback((phrase) => phraseIn(t, phrase), [t]);
}

export function errorIn(t: TFunction, error: ApiError): string {
  const message = error.said ? phraseIn(t, error.said) : error.message;
  const words = t(`error.${error.code}` as 'error.internal', { defaultValue: '', message });
  return words === '' ? message : words;
}
