import type { ApiError } from './bindings.ts';

export function isApiError(value: unknown): value is ApiError {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}

/** Whatever was thrown, as the one error type that the window shows. */
export function toApiError(value: unknown): ApiError {
  if (isApiError(value)) return value;
  const message = value instanceof Error ? value.message : String(value);
  return { code: 'internal', message, said: null, detail: [], hint: null, retryable: true };
}
