let count = 0;

/** An id that no other page and no earlier load of this one has used. */
export function nextWatchId(): string {
  count += 1;
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}-${count}`;
}
